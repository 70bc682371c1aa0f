import { Failure, isFailure } from '@waiaas/contract'
import { sql } from 'kysely'
import { giveWay } from '../give-way.ts'
import type { Handle } from './handle.ts'
import type { Engine } from './statement.ts'
import type { Database, RawDatabase } from './types.ts'
import { LogLost } from './write-ahead-log.ts'

/**
 * Why nothing can be written: there is no room, whatever holds the files does not take them, or it did not keep what it took;
 * after that nothing is read or written until another start.
 */
type StorageFault = { readonly kind: 'full' | 'failing' | 'lost'; readonly code: string }

/** Of SQLite, of PostgreSQL (disk_full) and of the system (a quota, a limit on the size of files). */
const FULL = /^(SQLITE_FULL|53100|ENOSPC|EDQUOT|EFBIG)$/
/** PostgreSQL: io_error, and a server that has become read-only. */
const FAILING = /^(SQLITE_(IOERR|READONLY|CANTOPEN)\w*|58030|25006|EROFS|EIO|EACCES|EPERM)$/

/** Undefined for an error that does not come from writing or reading files. */
function storageFault(error: unknown): StorageFault | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const code = String(error.code)
  if (error instanceof LogLost) return { kind: 'lost', code }
  if (FULL.test(code)) return { kind: 'full', code }
  // A socket that may not be opened is no file.
  const isNetwork = 'syscall' in error && error.syscall === 'connect'
  return FAILING.test(code) && !isNetwork ? { kind: 'failing', code } : undefined
}

const sentences: Readonly<Record<StorageFault['kind'], string>> = {
  full: 'the disk is full',
  failing: 'files cannot be written or read',
  lost: 'the disk did not keep what was written, so look at it and start the daemon again',
}
const sentence = ({ kind, code }: StorageFault): string => `${sentences[kind]} (${code})`

/** Failure STORAGE_UNAVAILABLE for an error of the disk; everything else as it is. */
export function asStorageFailure(error: unknown): unknown {
  const fault = storageFault(error)
  if (!fault || isFailure(error)) return error
  const outcome = fault.kind === 'lost' ? 'whether this is stored is not known' : 'this was not stored'
  return new Failure('STORAGE_UNAVAILABLE', `${sentence(fault)}; ${outcome}`, { cause: error })
}

/** Whoever still reads while the daemon stops is told so; it is no fault. */
export const databaseClosed = (): Failure => new Failure('SHUTTING_DOWN', 'the database is closed')

/** Writes a page, of which nobody reads what changes. SQLite writes none for a row that stays as it is. */
async function touch(db: Handle, engine: Engine): Promise<void> {
  const number = Math.floor(Math.random() * 2 ** 31)
  const text =
    engine === 'sqlite' ? `pragma user_version = ${number}` : 'update schema_migrations set applied_at = applied_at'
  await db.query(() => sql.raw(text))
}

/** Nothing is locked or held yet when it begins. */
function inItsTurn<T>(step: () => Promise<T>): Promise<T> {
  const way = giveWay()
  return way ? way.then(step) : step()
}

/** A database that answers STORAGE_UNAVAILABLE where its disk does not take what is written, and remembers that. */
export function withStorageFaults(inner: RawDatabase, where: string): Database {
  let last: StorageFault | undefined
  let trying: Promise<void> | undefined

  const fail = (error: unknown): never => {
    last = storageFault(error) ?? last
    throw asStorageFailure(error)
  }
  /** A read that writes is a fault of the daemon itself, and none of the disk. */
  const failReading = (error: unknown): never => {
    const { code } = storageFault(error) ?? {}
    if (code === 'SQLITE_READONLY' || code === '25006') throw error
    return fail(error)
  }
  async function tryAgain(): Promise<void> {
    try {
      await inner.work({}, (db) => touch(db, inner.engine))
      last = undefined
    } catch (error) {
      last = storageFault(error) ?? last
    } finally {
      trying = undefined
    }
  }
  return {
    engine: inner.engine,
    read: (fn) => inItsTurn(() => inner.read(fn)).catch(failReading),
    work: (scope, fn) => (scope.isUrgent ? inner.work(scope, fn) : inItsTurn(() => inner.work(scope, fn))).catch(fail),
    hold: (scope, fn) => inner.hold(scope, fn),
    stats: () => inner.stats(),
    close: () => inner.close(),
    async fault() {
      if (!last) return undefined
      trying ??= tryAgain()
      await trying
      return last && `${sentence(last)} at ${where}`
    },
  }
}
