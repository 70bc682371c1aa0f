import type { Handle } from './handle.ts'
import type { Scope } from './scope.ts'
import type { Engine } from './statement.ts'

/**
 * `synchronous` says how a commit is made durable before anybody hears of it: on SQLite by a sync of its log off the thread
 * (`fdatasync`), on Postgres by its own synchronous_commit.
 * `jobs / commits` is how many jobs shared a commit.
 */
export type Stats = { commits: number; jobs: number; synchronous: string }

export interface Database {
  readonly engine: Engine
  /** Reads from one consistent snapshot of what is committed. `fn` may await only its handle, and may run again. */
  read<T>(fn: (db: Handle) => Promise<T>): Promise<T>
  /**
   * Runs `fn` in a transaction that holds the locks of `scope`, and answers after its commit. What `fn` throws rolls back
   * its own changes only. `fn` may await only its handle, and may run again: when another job of the same commit fails,
   * and when Postgres asks for it.
   */
  work<T>(scope: Scope, fn: (db: Handle) => Promise<T>): Promise<T>
  /**
   * Keeps the locks of `scope` while `fn` does something outside, such as sending to a node; whoever wants one of them
   * waits, in any process. `fn` may use the database, under other locks. With SQLite the process is the only one, and
   * nothing is held.
   */
  hold<T>(scope: Scope, fn: () => Promise<T>): Promise<T>
  /** Why nothing can be written at present, and where; once something failed, it is tried anew at each call. */
  fault(): Promise<string | undefined>
  stats(): Stats
  /** Waits for what was accepted, then closes. */
  close(): Promise<void>
}

/** One engine's database, before faults of the disk are told apart. */
export type RawDatabase = Omit<Database, 'fault'>
