import { clearImmediate, setImmediate } from 'node:timers'
import type { Kysely } from 'kysely'
import {
  bind,
  type Compiled,
  compiledFor,
  compiledForRows,
  compileOnce,
  type Engine,
  type Query,
  type SqlValue,
  type Statement,
} from './statement.ts'
import type { Tables } from './tables.ts'

export type Row = Record<string, unknown>
/** How many rows a statement wrote. */
type Changes = { changes: number }

/** Parameters of a statement, or nothing for one that has none. */
export type Params<P> = keyof P extends never ? [] : [params: P]

/**
 * The database inside a transaction. Valid until the function that got it returns. A statement that fails rolls the
 * whole job back, whether or not its error is caught: use `on conflict` where a conflict is expected.
 */
export interface Handle {
  all<P, R>(statement: Statement<P, R>, ...params: Params<P>): Promise<R[]>
  get<P, R>(statement: Statement<P, R>, ...params: Params<P>): Promise<R | undefined>
  run<P, R>(statement: Statement<P, R>, ...params: Params<P>): Promise<Changes>
  /** Inserts all rows, as few multi-row statements where its parameters are all in its values. */
  many<P, R>(statement: Statement<P, R>, rows: readonly NoInfer<P>[]): Promise<Changes>
  /** Builds and runs a query that differs from call to call, such as a list with optional filters; slower than a statement. */
  query<R>(build: (db: Kysely<Tables>) => Query<R>): Promise<R[]>
  /**
   * Takes one more exclusive lock, which a job finds out only as it runs; true when others may have changed what it guards
   * meanwhile. Free of cost where the job holds it, or nothing runs beside it.
   */
  lock(name: string): Promise<boolean>
  /** So many rising numbers that no other job ever gets, not even in place of one that is undone; undefined where one process writes alone. */
  numbers(count: number): Promise<readonly number[] | undefined>
  /** The jobs, or reads, with which it shares what it finds and counts. */
  readonly group?: object | undefined
  /**
   * Has `fn` run in this transaction when the function that got the handle has returned, and of a group the last of them;
   * once for a key.
   */
  atEnd(key: object, fn: (db: Handle) => Promise<void>): void
}

/** One engine's connection: runs compiled SQL. SQLite answers at once, Postgres later. */
export type Connection = {
  readonly engine: Engine
  rows(compiled: Compiled, values: SqlValue[]): Row[] | Promise<Row[]>
  /** The first one. */
  row(compiled: Compiled, values: SqlValue[]): Row | undefined | Promise<Row | undefined>
  changes(compiled: Compiled, values: SqlValue[]): Changes | Promise<Changes>
  /** Absent where nothing runs beside it. True when it was not held before. */
  lock?(name: string): Promise<boolean>
  /** Absent where no other process writes. */
  numbers?(count: number): Promise<readonly number[]>
}

const maxRowsAtOnce = 128
const maxValuesAtOnce = 30_000

/**
 * Jobs that share a commit and have said so, or reads that share a snapshot: what one of them has read is so for the others.
 * What they put off is done once for all of them, before the commit.
 */
export class Group {
  readonly last = new Map<object, (db: Handle) => Promise<void>>()
}

/**
 * A handle that can be closed, remembers the first statement that failed, and notices when the function that uses it
 * waits for anything else: then no statement is in flight and yet the function is not done when the event loop turns.
 */
export class TransactionHandle implements Handle {
  failure: Error | undefined
  readonly #connection: Connection
  #closed: string | undefined
  #inFlight = 0
  /** Settles last of those in flight: a connection answers in order. */
  #lastInFlight: Promise<void> = Promise.resolve()
  #watch: NodeJS.Immediate | undefined
  readonly #last = new Map<object, (db: Handle) => Promise<void>>()
  #late: (error: Error) => void = () => {}
  readonly group: Group | undefined

  constructor(connection: Connection, group?: Group) {
    this.#connection = connection
    this.group = group
  }

  /** Runs `fn` with this handle, then closes it. Rejects when a statement failed, even if `fn` caught that. */
  async use<T>(fn: (db: Handle) => Promise<T>): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#late = reject
        this.#arm()
        this.#whole(fn).then(resolve, reject)
      })
    } finally {
      this.#closed ??= 'its transaction has ended'
      if (this.#watch) clearImmediate(this.#watch)
      if (this.#inFlight > 0) await this.#lastInFlight
      // biome-ignore lint/correctness/noUnsafeFinally: what the database said comes before what was made of it
      if (this.failure) throw this.failure
    }
  }

  async #whole<T>(fn: (db: Handle) => Promise<T>): Promise<T> {
    const value = await fn(this)
    for (const last of this.#last.values()) await last(this)
    return value
  }

  atEnd(key: object, fn: (db: Handle) => Promise<void>): void {
    const last = this.group?.last ?? this.#last
    if (!last.has(key)) last.set(key, fn)
  }

  // Not async functions: a send makes some forty of these calls, and each await inside would cost as much as the query.
  all<P, R>(statement: Statement<P, R>, ...params: Params<P>): Promise<R[]> {
    const compiled = compiledFor(statement, this.#connection.engine)
    // The builder's own result type was checked against R where the statement was declared.
    return this.#run(() => this.#connection.rows(compiled, bind(compiled, params[0]))) as Promise<R[]>
  }

  get<P, R>(statement: Statement<P, R>, ...params: Params<P>): Promise<R | undefined> {
    const compiled = compiledFor(statement, this.#connection.engine)
    return this.#run(() => this.#connection.row(compiled, bind(compiled, params[0]))) as Promise<R | undefined>
  }

  run<P, R>(statement: Statement<P, R>, ...params: Params<P>): Promise<Changes> {
    const compiled = compiledFor(statement, this.#connection.engine)
    return this.#run(() => this.#connection.changes(compiled, bind(compiled, params[0])))
  }

  async many<P, R>(statement: Statement<P, R>, rows: readonly P[]): Promise<Changes> {
    const { engine } = this.#connection
    const single = compiledFor(statement, engine)
    let changes = 0
    for (let at = 0; at < rows.length; ) {
      const wanted = rowsAtOnce(rows.length - at, single.slots.length)
      const many = wanted > 1 ? compiledForRows(statement, wanted, engine) : single
      const count = many ? wanted : 1
      const done = await this.#run(() => {
        const values: SqlValue[] = []
        for (let i = at; i < at + count; i++) bind(single, rows[i], values)
        return this.#connection.changes(many ?? single, values)
      })
      changes += done.changes
      at += count
    }
    return { changes }
  }

  async query<R>(build: (db: Kysely<Tables>) => Query<R>): Promise<R[]> {
    const compiled = compileOnce(build, this.#connection.engine)
    return (await this.#run(() => this.#connection.rows(compiled, bind(compiled, undefined)))) as R[]
  }

  lock(name: string): Promise<boolean> {
    return this.#run(() => this.#connection.lock?.(name) ?? false)
  }

  numbers(count: number): Promise<readonly number[] | undefined> {
    return this.#run(() => this.#connection.numbers?.(count))
  }

  #run<T>(execute: () => T | Promise<T>): Promise<T> {
    if (this.failure) return Promise.reject(this.failure)
    if (this.#closed) return Promise.reject(new Error(`a database handle was used after ${this.#closed}`))
    try {
      const result = execute()
      return result instanceof Promise ? this.#waiting(result) : Promise.resolve(result)
    } catch (error) {
      return Promise.reject(this.#fail(error))
    }
  }

  async #waiting<T>(result: Promise<T>): Promise<T> {
    this.#inFlight++
    if (this.#watch) clearImmediate(this.#watch)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#lastInFlight = promise
    try {
      return await result
    } catch (error) {
      throw this.#fail(error)
    } finally {
      if (--this.#inFlight === 0 && !this.#closed) this.#arm()
      resolve()
    }
  }

  #fail(error: unknown): Error {
    this.failure ??= error instanceof Error ? error : new Error('a statement failed', { cause: error })
    return this.failure
  }

  #arm(): void {
    this.#watch = setImmediate(() => {
      this.#closed = 'it waited for something else'
      this.#late(new Error('a database transaction may await only its handle, but it waited for something else'))
    })
  }
}

/** Powers of two, so that few different statements are prepared. */
function rowsAtOnce(rows: number, valuesPerRow: number): number {
  const most = Math.min(rows, maxRowsAtOnce, Math.floor(maxValuesAtOnce / Math.max(valuesPerRow, 1)))
  return most < 2 ? 1 : 2 ** Math.floor(Math.log2(most))
}
