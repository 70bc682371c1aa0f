import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import type { Database, Stats } from './database.ts'
import { assertOutsideWork, insideTransaction } from './guard.ts'
import { type Connection, type Handle, type Row, TransactionHandle } from './handle.ts'
import { type Migration, migrate } from './migrations.ts'
import { type Lock, lockOrder, type Scope } from './scope.ts'

type Job = {
  perform: (db: Handle) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
}
type Outcome = { value: unknown } | { error: unknown }
/** Jobs with the same exclusive locks: those that come while one transaction runs share the next. */
type Lane = { locks: Lock[]; queue: Job[] }

const maxJobsPerCommit = 256
const maxConnections = 20
const maxAttempts = 10
const migrationLock = 7_204_819_335
const begin = 'begin isolation level read committed'

/** Opens a PostgreSQL database and its connection pool. */
export async function openPostgres(url: string, migrations: readonly Migration[]): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    types: { getTypeParser },
    application_name: 'waiaas',
  })
  // The pool has already dropped an idle connection that broke; the next query opens another or reports why it cannot.
  pool.on('error', () => undefined)
  try {
    return new PostgresDatabase(pool, await prepare(pool, migrations))
  } catch (error) {
    await pool.end()
    throw error
  }
}

/** Migrates under a lock that replicas starting at the same time wait for; gives the server's synchronous_commit. */
async function prepare(pool: pg.Pool, migrations: readonly Migration[]): Promise<string> {
  const client = await pool.connect()
  const execute = async (sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows
  let whole = false
  try {
    const [setting] = await execute('show synchronous_commit')
    const synchronous = String(setting?.synchronous_commit)
    if (synchronous === 'off')
      throw new Error('expected a database that commits durably, got synchronous_commit = off: set it to on')
    await execute(`select pg_advisory_lock(${migrationLock})`)
    await execute('create table if not exists scopes (id text collate "C" primary key)')
    await migrate({ engine: 'postgres', execute }, migrations)
    await execute(`select pg_advisory_unlock(${migrationLock})`)
    whole = true
    return synchronous
  } finally {
    // Closing the connection gives up the lock.
    client.release(!whole)
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

const connect = (client: pg.PoolClient): Connection => ({
  engine: 'postgres',
  async rows({ sql, name }, values) {
    return (await client.query<Row>(name === undefined ? { text: sql, values } : { name, text: sql, values })).rows
  },
  async changes({ sql, name }, values) {
    return (await client.query(name === undefined ? { text: sql, values } : { name, text: sql, values })).rowCount ?? 0
  },
})

const isRepeatable = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')

class PostgresDatabase implements Database {
  readonly engine = 'postgres'
  readonly #pool: pg.Pool
  readonly #synchronous: string
  readonly #lanes = new Map<string, Lane>()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false
  #commits = 0
  #jobs = 0

  constructor(pool: pg.Pool, synchronous: string) {
    this.#pool = pool
    this.#synchronous = synchronous
  }

  async read<T>(fn: (db: Handle) => Promise<T>): Promise<T> {
    assertOutsideWork('a database read')
    this.#assertOpen()
    return this.#track(
      this.#withClient(async (client) => {
        await client.query('begin isolation level repeatable read read only')
        const value = await new TransactionHandle(connect(client)).use((db) => insideTransaction(() => fn(db)))
        await client.query('commit')
        return value
      }),
    )
  }

  async work<T>(scope: Scope, fn: (db: Handle) => Promise<T>): Promise<T> {
    assertOutsideWork('database work')
    this.#assertOpen()
    const locks = lockOrder(scope)
    const resume = AsyncLocalStorage.snapshot()
    return new Promise<T>((resolve, reject) => {
      const job: Job = { perform: (db) => resume(() => insideTransaction(() => fn(db))), resolve, reject }
      if (!locks.some((lock) => lock.exclusive)) void this.#track(this.#round(locks, [job]))
      else this.#enqueue(locks, job)
    })
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
  async #round(locks: Lock[], jobs: Job[]): Promise<void> {
    let outcomes: Outcome[]
    try {
      outcomes = await this.#attempts(locks, jobs)
    } catch (error) {
      for (const job of jobs) job.reject(error)
      return
    }
    this.#commits++
    this.#jobs += jobs.length
    for (const [i, job] of jobs.entries()) {
      const outcome = outcomes[i]!
      if ('error' in outcome) job.reject(outcome.error)
      else job.resolve(outcome.value as never)
    }
  }

  /** Nobody has been answered yet, so a transaction that Postgres rolled back to end a conflict may run again. */
  async #attempts(locks: Lock[], jobs: Job[]): Promise<Outcome[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withClient((client) => transaction(client, locks, jobs))
      } catch (error) {
        if (!isRepeatable(error) || attempt === maxAttempts) throw error
      }
    }
  }

  /** A client of the pool; after an error it is rolled back, or dropped when it cannot be. */
  async #withClient<T>(fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let usable = true
    try {
      return await fn(client)
    } catch (error) {
      usable = await client.query('rollback').then(
        () => true,
        () => false,
      )
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
    await this.#pool.end()
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the database is closed')
  }
}

async function transaction(client: pg.PoolClient, locks: Lock[], jobs: Job[]): Promise<Outcome[]> {
  await takeLocks(client, locks)
  const outcomes: Outcome[] = []
  for (const job of jobs) outcomes.push(await performed(client, job))
  const { command } = await client.query('commit')
  if (command !== 'COMMIT') throw new Error(`expected the transaction to commit, but Postgres answered ${command}`)
  return outcomes
}

async function performed(client: pg.PoolClient, job: Job): Promise<Outcome> {
  await client.query('savepoint job')
  const handle = new TransactionHandle(connect(client))
  try {
    const value = await handle.use(job.perform)
    await client.query('release savepoint job')
    return { value }
  } catch (error) {
    if (isRepeatable(handle.failure)) throw handle.failure
    await client.query('rollback to savepoint job')
    return { error }
  }
}

/** Opens the transaction and locks the scope rows in order, in one round trip; rows that do not exist yet are made first. */
async function takeLocks(client: pg.PoolClient, locks: Lock[]): Promise<void> {
  const select = locks.map(
    ({ name, exclusive }) => `select 1 from scopes where id = '${name}' for ${exclusive ? 'update' : 'share'}`,
  )
  for (;;) {
    // With several statements in one text pg answers an array of results.
    const answer: unknown = await client.query([begin, ...select].join('; '))
    const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryResult[]
    if (results.every((result, i) => i === 0 || result.rowCount === 1)) return
    await client.query('rollback')
    const values = locks.map(({ name }) => `('${name}')`).join(', ')
    await client.query(`insert into scopes (id) values ${values} on conflict do nothing`)
  }
}
