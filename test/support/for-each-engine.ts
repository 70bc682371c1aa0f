import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import {
  type Database,
  type Engine,
  type Migration,
  openDatabase,
} from '../../packages/daemon/src/platform/db/database.ts'
import { freshPostgresDatabase } from './postgres.ts'

/** Where a database is, to be opened more than once: restarts, crashes, replicas. */
export type Location = { url: string } | { path: string }

/** Opens a database, by default a fresh one of the engine; it is closed after the test. */
export type Open = (migrations: readonly Migration[], location?: Location) => Promise<Database>

/** Test support: runs a suite on both engines, each test with databases of its own. */
export function forEachEngine(suite: (engine: Engine, open: Open, fresh: () => Promise<Location>) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(engine, () => {
      const opened: Database[] = []
      const folders: string[] = []

      async function fresh(): Promise<Location> {
        if (engine === 'postgres') return { url: await freshPostgresDatabase() }
        const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
        folders.push(folder)
        return { path: join(folder, 'test.db') }
      }

      afterEach(async () => {
        for (const database of opened.splice(0)) await database.close()
        for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
      })

      async function open(migrations: readonly Migration[], location?: Location): Promise<Database> {
        const database = await openDatabase({ ...(location ?? (await fresh())), migrations })
        opened.push(database)
        return database
      }

      suite(engine, open, fresh)
    })
  }
}
