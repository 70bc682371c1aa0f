import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe } from 'vitest'
import { migrations as all } from '../../packages/daemon/src/migrations/all.ts'
import {
  type Database,
  type Engine,
  type Migration,
  openDatabase,
} from '../../packages/daemon/src/platform/db/database.ts'
import { freshPostgresDatabase } from './postgres.ts'
import { type Location, preparedPostgresDatabase, prepareSqlite } from './prepared.ts'

export type { Location } from './prepared.ts'

/** Opens a database, by default a fresh one of the engine; it is closed after the test. */
export type Open = (migrations: readonly Migration[], location?: Location) => Promise<Database>

/** A place of the engine whose database has no rows: this version's schema, or nothing at all. */
type Fresh = (schema?: 'schema' | 'empty') => Promise<Location>

/** Test support: runs a suite on both engines, each test with databases of its own. */
export function forEachEngine(suite: (engine: Engine, open: Open, fresh: Fresh) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(engine, () => {
      const opened: Database[] = []
      const folders: string[] = []

      const fresh: Fresh = async (schema = 'schema') => {
        if (engine === 'postgres')
          return { url: await (schema === 'empty' ? freshPostgresDatabase() : preparedPostgresDatabase()) }
        const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
        folders.push(folder)
        const path = join(folder, 'test.db')
        if (schema === 'schema') await prepareSqlite(path)
        return { path }
      }

      afterEach(async () => {
        for (const database of opened.splice(0)) await database.close()
        for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
      })

      async function open(migrations: readonly Migration[], location?: Location): Promise<Database> {
        const place = location ?? (await fresh(migrations === all ? 'schema' : 'empty'))
        const database = await openDatabase({ ...place, migrations })
        opened.push(database)
        return database
      }

      suite(engine, open, fresh)
    })
  }
}
