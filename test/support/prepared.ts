import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { migrations } from '../../packages/daemon/src/migrations/all.ts'
import { type Database, openDatabase } from '../../packages/daemon/src/platform/db/database.ts'
import { freshPostgresDatabase } from './postgres.ts'

// Databases without rows that have this version's schema: copies of one that each process makes once, for all migrations
// take ten times as long as a copy.

/** Where a database is, to be opened more than once: restarts, crashes, replicas. */
export type Location = { url: string } | { path: string }

let file: Promise<Buffer> | undefined
let template: Promise<string> | undefined

/** Puts a SQLite database at a path, which has none. */
export async function prepareSqlite(path: string): Promise<void> {
  file ??= makeFile()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, await file, { flag: 'wx', mode: 0o600 })
}

/** Opens a new SQLite database, which is gone when it is closed. */
export async function openPrepared(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
  const path = join(folder, 'test.db')
  await prepareSqlite(path)
  const database = await openDatabase({ path, migrations })
  const { close } = database
  return Object.assign(database, {
    async close() {
      await close()
      rmSync(folder, { recursive: true })
    },
  })
}

/** The url of a new database on the run's server. */
export async function preparedPostgresDatabase(): Promise<string> {
  template ??= makeTemplate()
  return freshPostgresDatabase(await template)
}

async function makeFile(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-schema-'))
  try {
    const path = join(folder, 'schema.db')
    await migrated({ path })
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function makeTemplate(): Promise<string> {
  const url = await freshPostgresDatabase()
  await migrated({ url })
  return new URL(url).pathname.slice(1)
}

const migrated = async (location: Location) => (await openDatabase({ ...location, migrations })).close()
