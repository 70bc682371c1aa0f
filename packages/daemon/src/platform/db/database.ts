import type { Handle } from './handle.ts'
import type { Migration } from './migrations.ts'
import { openPostgres } from './postgres.ts'
import type { Scope } from './scope.ts'
import { openSqlite } from './sqlite.ts'
import type { Engine } from './statement.ts'

export type { Handle, Row } from './handle.ts'
export type { Migration } from './migrations.ts'
export type { Scope } from './scope.ts'
export { type Engine, type NoParams, type SqlValue, type Statement, statement } from './statement.ts'

/**
 * `synchronous` says how durable a commit is: SQLite's pragma (2 is FULL), Postgres's synchronous_commit.
 * `jobs / commits` is how many jobs shared a commit.
 */
export type Stats = { commits: number; jobs: number; synchronous: number | string }

export interface Database {
  readonly engine: Engine
  /** Reads from one consistent snapshot of what is committed. `fn` may await only its handle, and may run again. */
  read<T>(fn: (db: Handle) => Promise<T>): Promise<T>
  /**
   * Runs `fn` in a transaction that holds the locks of `scope`, and answers after its commit. What `fn` throws rolls back
   * its own changes only. `fn` may await only its handle, and may run again when Postgres asks for that.
   */
  work<T>(scope: Scope, fn: (db: Handle) => Promise<T>): Promise<T>
  stats(): Stats
  /** Waits for what was accepted, then closes. */
  close(): Promise<void>
}

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
