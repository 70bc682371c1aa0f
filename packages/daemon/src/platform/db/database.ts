import type { Migration } from './migrations.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { Database } from './types.ts'

export type { Handle } from './handle.ts'
export type { Migration } from './migrations.ts'
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

/** Opens the database and brings its schema up to date. Throws SCHEMA_INCOMPATIBLE where that is not possible. */
export async function openDatabase({ url, path, migrations }: DatabaseOptions): Promise<Database> {
  if (url !== undefined) return openPostgres(url, migrations)
  if (path !== undefined) return openSqlite(path, migrations)
  throw new Error('expected the url of a Postgres database or the path of a SQLite file, got neither')
}
