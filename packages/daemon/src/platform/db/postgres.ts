import pg from 'pg'
import { assertOutsideWork, insideTransaction } from './guard.ts'
import { type Connection, type Handle, type Row, TransactionHandle } from './handle.ts'
import { answer, asJob, type Job, type Outcome } from './job.ts'
import { type Console, NUMBERS } from './migrations.ts'
import { checked, type Lock, lockOrder, type Scope } from './scope.ts'
import type { Compiled, SqlValue } from './statement.ts'
import { databaseClosed } from './storage.ts'
import type { RawDatabase, Stats } from './types.ts'

/** Jobs with the same exclusive locks: those that come while one transaction runs share the next. */
type Lane = { locks: Lock[]; queue: Job[] }

const maxJobsPerCommit = 256
const maxConnections = 20
/** Of one holder of locks; so many batches of a network are sent at once. */
const maxHeld = 8
const maxAttempts = 30
const migrationLock = 7_204_819_335
/** Keeps the advisory locks of scopes apart from all others. */
const scopeQueue = 5_811_402_967
const begin = 'begin isolation level read committed'
/** Locks that are held while something outside happens end with it, or soon after the machine that holds them is gone. */
const beginHold = [
  begin,
  'set local lock_timeout = 0',
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
  'set local tcp_keepalives_idle = 5',
  'set local tcp_keepalives_interval = 5',
  'set local tcp_keepalives_count = 3',
]

/** Nothing may hang for good: a transaction that waits this long, in milliseconds, fails and its connection is dropped. */
const deadlines = {
  connectionTimeoutMillis: 30_000,
  statement_timeout: 30_000,
  lock_timeout: 30_000,
  idle_in_transaction_session_timeout: 30_000,
  query_timeout: 60_000,
  keepAlive: true,
}

/** Opens a PostgreSQL database and its connection pool. */
export async function openPostgres(url: string, ready: (console: Console) => Promise<void>): Promise<RawDatabase> {
  const synchronous = await prepare(url, ready)
  const settings = { connectionString: url, application_name: 'waiaas', types: { getTypeParser } }
  const pool = poolOf({ ...settings, ...deadlines })
  // Of its own: who holds locks waits for jobs that need a connection too.
  const holding = { ...settings, connectionTimeoutMillis: deadlines.connectionTimeoutMillis, keepAlive: true }
  const holders = () => poolOf({ ...holding, max: maxHeld })
  // A stop waits for locks, and never for a connection behind all that waits for one.
  const urgent = poolOf({ ...settings, ...deadlines })
  return new PostgresDatabase({ pool, holders, urgent }, synchronous)
}

function poolOf(settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ max: maxConnections, ...settings })
  // A broken connection is reported by the query on it; an idle one the pool has already dropped, and opens another.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Has the schema made ready under a lock that replicas starting at the same time wait for; gives the server's synchronous_commit. */
async function prepare(url: string, ready: (console: Console) => Promise<void>): Promise<string> {
  const client = new pg.Client({ connectionString: url, application_name: 'waiaas', connectionTimeoutMillis: 30_000 })
  await client.connect()
  const execute = async (sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows
  try {
    const [setting] = await execute('show synchronous_commit')
    const synchronous = String(setting?.synchronous_commit)
    if (synchronous === 'off')
      throw new Error('expected a database that commits durably, got synchronous_commit = off: set it to on')
    await execute(`select pg_advisory_lock(${migrationLock})`)
    await ready({ engine: 'postgres', execute })
    return synchronous
  } finally {
    // Ending the connection gives up the lock.
    await client.end()
  }
}

const { builtins } = pg.types
const asText = (text: string) => text
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, safeInteger],
  [builtins.INT4, Number],
  [builtins.INT2, Number],
  // SQLite answers 0 or 1.
  [builtins.BOOL, (text) => (text === 't' ? 1 : 0)],
])
const getTypeParser = (oid: number) => parsers.get(oid) ?? asText

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`expected an integer below 2^53, got ${text}: keep it as text`)
  return value
}

function connect(client: pg.PoolClient): Connection {
  const query = ({ sql, name }: Compiled, values: SqlValue[]) =>
    client.query<Row>(name === undefined ? { text: sql, values } : { name, text: sql, values })
  return {
    engine: 'postgres',
    rows: async (compiled, values) => (await query(compiled, values)).rows,
    row: async (compiled, values) => (await query(compiled, values)).rows[0],
    changes: async (compiled, values) => ({ changes: (await query(compiled, values)).rowCount ?? 0 }),
    async numbers(count) {
      const text = `select nextval('${NUMBERS}') as number from generate_series(1, $1)`
      const { rows } = await client.query<{ number: number }>({ name: NUMBERS, text, values: [count] })
      return rows.map(({ number }) => number)
    },
  }
}

const codeOf = (error: unknown) => (error instanceof pg.DatabaseError ? error.code : undefined)

/** A statement was prepared before another replica's migration changed its columns: a fresh connection prepares it anew. */
const isOutdated = (error: unknown): boolean => codeOf(error) === '0A000'

/** Serialization failure or deadlock: Postgres has undone the transaction, which may simply run again. */
const isRepeatable = (error: unknown): boolean =>
  codeOf(error) === '40001' || codeOf(error) === '40P01' || isOutdated(error)

type Pools = { pool: pg.Pool; holders: () => pg.Pool; urgent: pg.Pool }

class PostgresDatabase implements RawDatabase {
  readonly engine = 'postgres'
  readonly #pool: pg.Pool
  readonly #newHolders: () => pg.Pool
  readonly #holders = new Map<string, pg.Pool>()
  readonly #urgent: pg.Pool
  readonly #synchronous: string
  readonly #lanes = new Map<string, Lane>()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false
  #commits = 0
  #jobs = 0

  constructor({ pool, holders, urgent }: Pools, synchronous: string) {
    this.#pool = pool
    this.#newHolders = holders
    this.#urgent = urgent
    this.#synchronous = synchronous
  }

  async read<T>(fn: (db: Handle) => Promise<T>): Promise<T> {
    assertOutsideWork('a database read')
    this.#assertOpen()
    return this.#track(
      this.#attempts(async (client) => {
        await client.query('begin isolation level repeatable read read only')
        const value = await insideTransaction(() => new TransactionHandle(connect(client)).use(fn))
        await client.query('commit')
        return value
      }),
    )
  }

  async work<T>(scope: Scope, fn: (db: Handle) => Promise<T>): Promise<T> {
    assertOutsideWork('database work')
    this.#assertOpen()
    const locks = lockOrder(scope)
    return asJob(fn, (job) => {
      if (scope.isUrgent) void this.#track(this.#round(locks, [job], this.#urgent))
      else if (!locks.some((lock) => lock.exclusive)) void this.#track(this.#round(locks, [job]))
      else this.#enqueue(locks, job)
    })
  }

  async hold<T>(scope: Scope, fn: () => Promise<T>): Promise<T> {
    assertOutsideWork('holding locks')
    this.#assertOpen()
    const pool = scope.isUrgent ? this.#urgent : this.#holdersOf(scope.holder ?? '')
    return this.#track(this.#holding(pool, lockOrder(scope).map(queueFor), fn))
  }

  #holdersOf(name: string): pg.Pool {
    const known = this.#holders.get(name) ?? this.#newHolders()
    this.#holders.set(name, known)
    return known
  }

  async #holding<T>(pool: pg.Pool, queues: string[], fn: () => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let isReleased = false
    try {
      await client.query([...beginHold, ...queues].join('; '))
      const value = await fn()
      // What was done is done, also if the connection and with it the locks were lost meanwhile.
      isReleased = await client.query('commit').then(
        () => true,
        () => false,
      )
      return value
    } finally {
      client.release(!isReleased)
    }
  }

  #enqueue(locks: Lock[], job: Job): void {
    const key = locks.map(({ name, exclusive }) => (exclusive ? `!${name}` : name)).join(' ')
    const lane = this.#lanes.get(key)
    if (lane) {
      lane.queue.push(job)
      return
    }
    const opened = { locks, queue: [job] }
    this.#lanes.set(key, opened)
    void this.#track(this.#drainLane(key, opened))
  }

  async #drainLane(key: string, lane: Lane): Promise<void> {
    while (lane.queue.length > 0) await this.#round(lane.locks, lane.queue.splice(0, maxJobsPerCommit))
    this.#lanes.delete(key)
  }

  /** Runs the jobs in one transaction and answers them after its commit; when that fails all of them fail. */
  async #round(locks: Lock[], jobs: Job[], pool = this.#pool): Promise<void> {
    let outcomes: Outcome[]
    try {
      outcomes = await this.#attempts((client) => transaction(client, locks, jobs), pool)
    } catch (error) {
      for (const job of jobs) job.reject(error)
      return
    }
    this.#commits++
    this.#jobs += jobs.length
    answer(jobs, outcomes)
  }

  /** Nobody has been answered yet, so a transaction that Postgres rolled back to end a conflict may run again. */
  async #attempts<T>(fn: (client: pg.PoolClient) => Promise<T>, pool = this.#pool): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withClient(fn, pool)
      } catch (error) {
        if (!isRepeatable(error) || attempt === maxAttempts) throw error
      }
    }
  }

  /** A client of the pool; after an error it is rolled back, or dropped when it cannot be used again. */
  async #withClient<T>(fn: (client: pg.PoolClient) => Promise<T>, pool: pg.Pool): Promise<T> {
    const client = await pool.connect()
    let usable = true
    try {
      return await fn(client)
    } catch (error) {
      const undone = client.query('rollback').then(
        () => true,
        () => false,
      )
      usable = (await undone) && !isOutdated(error)
      throw error
    } finally {
      client.release(!usable)
    }
  }

  async #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  stats(): Stats {
    return { commits: this.#commits, jobs: this.#jobs, synchronous: this.#synchronous }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#running)
    await Promise.all([this.#pool, this.#urgent, ...this.#holders.values()].map((pool) => pool.end()))
  }

  #assertOpen(): void {
    if (this.#closed) throw databaseClosed()
  }
}

/** Waits in line for a lock; given up at the end of the transaction. */
const queueFor = ({ name, exclusive }: Lock): string =>
  `select pg_advisory_xact_lock${exclusive ? '' : '_shared'}(hashtextextended('${name}', ${scopeQueue}))`

async function transaction(client: pg.PoolClient, locks: Lock[], jobs: Job[]): Promise<Outcome[]> {
  await takeLocks(client, locks)
  const outcomes: Outcome[] = []
  for (const [i, job] of jobs.entries()) {
    // A failed job has gone back to the savepoint, which then serves the next one.
    if (i > 0 && !('error' in outcomes[i - 1]!)) await client.query('release savepoint job; savepoint job')
    outcomes.push(await perform(client, locks, job))
  }
  const { command } = await client.query('commit')
  if (command !== 'COMMIT') throw new Error(`expected the transaction to commit, but Postgres answered ${command}`)
  return outcomes
}

async function perform(client: pg.PoolClient, locks: Lock[], job: Job): Promise<Outcome> {
  const handle = new TransactionHandle({ ...connect(client), lock: oneMore(client, locks) })
  try {
    return { value: await job.perform(handle) }
  } catch (error) {
    if (isRepeatable(handle.failure)) throw handle.failure
    await client.query('rollback to savepoint job')
    return { error }
  }
}

/** Whoever takes a lock waits in its line first, so that the line alone keeps others out. */
function oneMore(client: pg.PoolClient, locks: Lock[]): (name: string) => Promise<boolean> {
  const held = new Set(locks.flatMap(({ name, exclusive }) => (exclusive ? [name] : [])))
  return async (name) => {
    if (held.has(name)) return false
    await client.query(queueFor({ name: checked(name), exclusive: true }))
    held.add(name)
    return true
  }
}

/**
 * Opens the transaction, locks the scope rows in order and sets the savepoint of the first job, all in one round trip.
 * Rows that do not exist yet are made first, outside of any lock. Before each row stands an advisory lock, for those have
 * a queue: without it jobs that share a row keep out for ever whoever wants it alone, and that is a stop.
 */
async function takeLocks(client: pg.PoolClient, locks: Lock[]): Promise<void> {
  const queues = locks.map(queueFor)
  const rows = locks.map(
    ({ name, exclusive }) => `select 1 from scopes where id = '${name}' for ${exclusive ? 'update' : 'share'}`,
  )
  const text = [begin, ...rows.flatMap((row, i) => [queues[i]!, row]), 'savepoint job'].join('; ')
  for (;;) {
    // With several statements in one text pg answers an array of results.
    const [, ...results] = (await client.query(text)) as unknown as pg.QueryResult[]
    if (rows.every((_, i) => results[2 * i + 1]?.rowCount === 1)) return
    await client.query('rollback')
    const values = locks.map(({ name }) => `('${name}')`).join(', ')
    await client.query(`insert into scopes (id) values ${values} on conflict do nothing`)
  }
}
