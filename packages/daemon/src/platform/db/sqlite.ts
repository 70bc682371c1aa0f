import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { assertFile } from '../access.ts'
import { nextTurn } from '../turn.ts'
import { assertOutsideWork, insideTransaction } from './guard.ts'
import { type Connection, Group, type Handle, type Row, TransactionHandle } from './handle.ts'
import { answer, asJob, type Job, type Outcome } from './job.ts'
import { LogCopier } from './log-copier.ts'
import { type Console, SchemaError } from './migrations.ts'
import { lockOrder, type Scope } from './scope.ts'
import { filesOf, sqliteFault } from './sqlite-faults.ts'
import type { Compiled } from './statement.ts'
import { databaseClosed } from './storage.ts'
import type { RawDatabase, Stats } from './types.ts'
import { type Sync, WriteAheadLog } from './write-ahead-log.ts'

const maxJobsPerCommit = 256
const maxPassing = 100

/** Opens (and creates) a SQLite file; `:memory:` is a temporary file that goes with the connection. */
export async function openSqlite(
  path: string,
  ready: (console: Console) => Promise<void>,
  sync?: Sync,
): Promise<RawDatabase> {
  const temporary = path === ':memory:' ? mkdtempSync(join(tmpdir(), 'waiaas-db-')) : undefined
  const file = temporary ? join(temporary, 'memory.db') : path
  let writer: Sqlite.Database | undefined
  try {
    for (const each of filesOf(file)) assertFile(each, 'write')
    writer = openWriter(file)
    await ready(consoleOf(writer))
    const log = openLog(writer, file, sync)
    return new SqliteDatabase({ writer, reader: readerOf(file), log, copier: copierOf(writer, file), temporary })
  } catch (error) {
    writer?.close()
    if (temporary) rmSync(temporary, { recursive: true })
    throw sqliteFault(error, file)
  }
}

/** Opens a SQLite file only to read it; whoever writes to it is not disturbed. */
export async function readSqlite(file: string, ready: (console: Console) => Promise<void>): Promise<RawDatabase> {
  assertFile(file, 'read')
  if (!existsSync(file)) throw new SchemaError(`there is no database at ${file}`)
  let reader: Sqlite.Database | undefined
  try {
    reader = readerOf(file)
    await ready(consoleOf(reader))
    return new SqliteDatabase({ writer: readerOf(file), reader })
  } catch (error) {
    reader?.close()
    throw sqliteFault(error, file)
  }
}

/** From here on each commit is synced off this thread, before anybody hears of it. */
function openLog(writer: Sqlite.Database, file: string, sync: Sync | undefined): WriteAheadLog {
  const log = new WriteAheadLog(file, sync)
  // What an earlier process could not sync, and the system may have kept in memory alone, is written anew to the database.
  writer.pragma('wal_checkpoint(TRUNCATE)')
  // Still synced by SQLite itself: the log before it is copied to the database, and its head before it is used anew.
  writer.pragma('synchronous = NORMAL')
  return log
}

function copierOf(writer: Sqlite.Database, file: string): LogCopier {
  const look = writer.prepare<[], { log: number }>('pragma wal_checkpoint(NOOP)')
  return new LogCopier(file, () => look.get()!.log)
}

function readerOf(file: string): Sqlite.Database {
  const reader = new Sqlite(file, { readonly: true, fileMustExist: true })
  // Sorting needs no file in a folder for temporary ones, whose disk may be full.
  reader.pragma('temp_store = MEMORY')
  return reader
}

const consoleOf = (db: Sqlite.Database): Console => ({ engine: 'sqlite', execute: async (sql) => execute(db, sql) })

function openWriter(file: string): Sqlite.Database {
  // It holds wrapped keys: for the owner only. SQLite gives its side files the same mode.
  closeSync(openSync(file, 'a', 0o600))
  const writer = new Sqlite(file)
  writer.pragma('journal_mode = WAL')
  writer.pragma('synchronous = FULL')
  // What a rollback to a savepoint needs is kept in memory; it would be two writes to a file for every page of every job.
  writer.pragma('temp_store = MEMORY')
  // Another thread copies it long before; a log that could not be copied for so long is copied here.
  writer.pragma('wal_autocheckpoint = 32000')
  // Where fsync alone stops at the drive's cache (macOS).
  writer.pragma('fullfsync = ON')
  writer.pragma('foreign_keys = ON')
  return writer
}

function execute(db: Sqlite.Database, sql: string): Row[] {
  const prepared = db.prepare<[], Row>(sql)
  if (prepared.reader) return prepared.all()
  prepared.run()
  return []
}

/** Compiled SQL over one connection; a statement is prepared once per text, and one that was built on the way is kept for a while. */
function connect(db: Sqlite.Database): Connection {
  const lasting = new Map<string, Sqlite.Statement<unknown[], Row>>()
  const passing: typeof lasting = new Map()
  const prepare = ({ sql, name }: Compiled) => {
    const known = name === undefined ? passing : lasting
    const found = known.get(sql)
    if (found) return found
    if (known === passing && passing.size >= maxPassing) passing.clear()
    const prepared = db.prepare<unknown[], Row>(sql)
    known.set(sql, prepared)
    return prepared
  }
  return {
    engine: 'sqlite',
    rows(compiled, values) {
      const prepared = prepare(compiled)
      if (prepared.reader) return prepared.all(values)
      prepared.run(values)
      return []
    },
    row(compiled, values) {
      const prepared = prepare(compiled)
      if (prepared.reader) return prepared.get(values)
      prepared.run(values)
      return undefined
    },
    changes(compiled, values) {
      const prepared = prepare(compiled)
      return { changes: prepared.reader ? prepared.all(values).length : prepared.run(values).changes }
    },
  }
}

type Files = {
  readonly writer: Sqlite.Database
  readonly reader: Sqlite.Database
  /** Absent where nothing is written. */
  readonly log?: WriteAheadLog
  readonly copier?: LogCopier
  /** The folder that goes with the connection. */
  readonly temporary?: string | undefined
}

type Performing = {
  readonly perform: (job: Job) => Promise<Outcome>
  /** Before the commit. */
  readonly end: () => Promise<void>
}

class SqliteDatabase implements RawDatabase {
  readonly engine = 'sqlite'
  readonly #writer: Sqlite.Database
  readonly #reader: Sqlite.Database
  readonly #writing: Connection
  readonly #readingFrom: Connection
  readonly #temporary: string | undefined
  readonly #control: Record<'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'undo', Sqlite.Statement>
  readonly #snapshot: Record<'begin' | 'end', Sqlite.Statement>
  #queue: Job[] = []
  #draining: Promise<void> | undefined
  #readers: Job[] = []
  #reading: Promise<void> | undefined
  #closed = false
  #commits = 0
  #jobs = 0
  readonly #log: WriteAheadLog | undefined
  readonly #copier: LogCopier | undefined

  constructor({ writer, reader, log, copier, temporary }: Files) {
    this.#log = log
    this.#copier = copier
    this.#writer = writer
    this.#reader = reader
    this.#writing = connect(writer)
    this.#readingFrom = connect(reader)
    this.#temporary = temporary
    this.#control = {
      begin: writer.prepare('begin immediate'),
      commit: writer.prepare('commit'),
      rollback: writer.prepare('rollback'),
      savepoint: writer.prepare('savepoint job'),
      release: writer.prepare('release job'),
      undo: writer.prepare('rollback to job'),
    }
    this.#snapshot = { begin: reader.prepare('begin'), end: reader.prepare('rollback') }
  }

  async read<T>(fn: (db: Handle) => Promise<T>): Promise<T> {
    assertOutsideWork('a database read')
    this.#assertOpen()
    return asJob(fn, (job) => {
      this.#readers.push(job)
      this.#reading ??= this.#drainReaders()
    })
  }

  /** Those that wait at the same moment share a snapshot, for taking one costs as much as a few queries; hence the turn. */
  async #drainReaders(): Promise<void> {
    while (this.#readers.length > 0) {
      await nextTurn()
      await this.#readTogether(this.#readers.splice(0))
    }
    this.#reading = undefined
  }

  async #readTogether(jobs: readonly Job[]): Promise<void> {
    try {
      this.#snapshot.begin.run()
      const outcomes: Outcome[] = []
      const group = new Group()
      for (const { perform } of jobs) {
        const done = perform(new TransactionHandle(this.#readingFrom, group))
        // Whoever asked gets the error; the next in line only waits for the end.
        outcomes.push(
          await done.then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          ),
        )
      }
      this.#snapshot.end.run()
      // The first query took the snapshot: a commit that came before it may not be on the disk yet.
      await this.#log?.synced()
      answer(jobs, outcomes)
    } catch (error) {
      if (this.#reader.inTransaction) this.#snapshot.end.run()
      for (const { reject } of jobs) reject(error)
    }
  }

  async work<T>(scope: Scope, fn: (db: Handle) => Promise<T>): Promise<T> {
    assertOutsideWork('database work')
    this.#assertOpen()
    lockOrder(scope)
    return asJob(fn, (job) => {
      if (scope.isUrgent) this.#queue.unshift(job)
      else this.#queue.push({ ...job, isGrouped: scope.isGrouped })
      this.#draining ??= this.#drainQueue()
    })
  }

  /** One round after another until nothing is queued; each waits a turn, so that requests of one tick share a commit. */
  async #drainQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      await nextTurn()
      await this.#round(this.#queue.splice(0, maxJobsPerCommit))
      await this.#copier?.afterCommit()
    }
    this.#draining = undefined
  }

  /**
   * Runs the jobs in one transaction and answers them when its commit is on the disk; when that fails all of them fail.
   * Meanwhile others have the thread, and what they queue shares the next commit.
   */
  async #round(jobs: readonly Job[]): Promise<void> {
    try {
      const outcomes = (await this.#together(jobs)) ?? (await this.#apart(jobs))
      await this.#log?.sync()
      this.#commits++
      this.#jobs += jobs.length
      answer(jobs, outcomes)
    } catch (error) {
      for (const job of jobs) job.reject(error)
    }
  }

  /** As if all went well, which costs no savepoints; undefined: something went wrong, and nothing has happened. */
  async #together(jobs: readonly Job[]): Promise<Outcome[] | undefined> {
    let group: Group | undefined
    const perform = async (job: Job) => {
      if (job.isGrouped) group ??= new Group()
      else {
        await this.#endOf(group)
        group = undefined
      }
      return { value: await this.#perform(job, group) }
    }
    try {
      return await this.#transaction(jobs, { perform, end: () => this.#endOf(group) })
    } catch (error) {
      if (jobs.length === 1) throw error
      return undefined
    }
  }

  /** Each job behind a savepoint, so that one that fails undoes its own changes only. */
  #apart(jobs: readonly Job[]): Promise<Outcome[]> {
    const perform = async (job: Job): Promise<Outcome> => {
      this.#control.savepoint.run()
      try {
        const value = await this.#perform(job)
        this.#control.release.run()
        return { value }
      } catch (error) {
        // A full disk or an I/O error ends the whole transaction: then no job of this round has happened.
        if (!this.#writer.inTransaction) throw error
        this.#control.undo.run()
        this.#control.release.run()
        return { error }
      }
    }
    return this.#transaction(jobs, { perform, end: async () => undefined })
  }

  async #transaction(jobs: readonly Job[], { perform, end }: Performing): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    try {
      this.#control.begin.run()
      for (const job of jobs) outcomes.push(await perform(job))
      await end()
      this.#commit()
      return outcomes
    } catch (error) {
      if (this.#writer.inTransaction) this.#control.rollback.run()
      throw error
    }
  }

  #commit(): void {
    const run = () => void this.#control.commit.run()
    if (this.#log) this.#log.commit(run)
    else run()
  }

  #perform(job: Job, group?: Group): Promise<unknown> {
    return job.perform(new TransactionHandle(this.#writing, group))
  }

  /** What the jobs of a group have put off. */
  async #endOf(group: Group | undefined): Promise<void> {
    if (!group || group.last.size === 0) return
    await insideTransaction(() =>
      new TransactionHandle(this.#writing).use(async (db) => {
        for (const last of group.last.values()) await last(db)
      }),
    )
  }

  async hold<T>(scope: Scope, fn: () => Promise<T>): Promise<T> {
    assertOutsideWork('holding locks')
    this.#assertOpen()
    lockOrder(scope)
    return fn()
  }

  stats(): Stats {
    const [isNormal, isWal] = [this.#pragma('synchronous') === 1, this.#pragma('journal_mode') === 'wal']
    const synchronous = this.#log && isNormal && isWal ? 'fdatasync' : 'unknown'
    return { commits: this.#commits, jobs: this.#jobs, synchronous }
  }

  #pragma(name: string): unknown {
    return this.#writer.pragma(name, { simple: true })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#draining
    await this.#reading
    await this.#copier?.close()
    this.#reader.close()
    this.#writer.close()
    this.#log?.close()
    if (this.#temporary) rmSync(this.#temporary, { recursive: true, force: true })
  }

  #assertOpen(): void {
    if (this.#closed) throw databaseClosed()
    this.#log?.requireWhole()
  }
}
