import { type Console, type Migration, migrate, requireMigrated } from './migrations.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite, readSqlite } from './sqlite.ts'
import { withStorageFaults } from './storage.ts'
import type { Database } from './types.ts'

export { groupReader, perGroup } from './group.ts'
export type { Handle } from './handle.ts'
export { changeIn, type Ids, idsIn, rowsIn } from './lists.ts'
export { type Migration, NUMBERS } from './migrations.ts'
export type { Scope } from './scope.ts'
export { type Engine, type NoParams, type SqlValue, type Statement, statement } from './statement.ts'
export type { Database } from './types.ts'

export type DatabaseOptions = {
  /** `postgres://…`; without it the SQLite file at `path` is opened. */
  url?: string
  /** A SQLite file, or `:memory:` for one that is deleted at close. */
  path?: string
  migrations: readonly Migration[]
}
export type ReadableDatabase = Pick<Database, 'read' | 'close'>

/** Opens the database and brings its schema up to date. Throws SCHEMA_INCOMPATIBLE where that is not possible. */
export async function openDatabase({ url, path, migrations }: DatabaseOptions): Promise<Database> {
  const ready = (console: Console) => migrate(console, migrations)
  if (url !== undefined) return withStorageFaults(await openPostgres(url, ready), 'the database server')
  if (path !== undefined) return withStorageFaults(await openSqlite(path, ready), path)
  throw new Error(neither)
}

/** Opens a database only to read it, beside its daemon. Throws SCHEMA_INCOMPATIBLE unless it is there and up to date. */
export async function openToRead({ url, path, migrations }: DatabaseOptions): Promise<ReadableDatabase> {
  const ready = (console: Console) => requireMigrated(console, migrations)
  if (url !== undefined) return openPostgres(url, ready)
  if (path !== undefined) return readSqlite(path, ready)
  throw new Error(neither)
}

const neither = 'expected the url of a Postgres database or the path of a SQLite file, got neither'
