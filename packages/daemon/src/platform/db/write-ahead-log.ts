import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'
import { promisify } from 'node:util'

/** Resolves when everything that was written to a file before the call is on the disk. */
export type Sync = (file: number) => Promise<void>
const syncData: Sync = promisify(fdatasync)

/**
 * A sync failed. The system may have thrown away what it could not write, and says so once: what of the last commit is on
 * the disk is not known any more, and asking again would not tell.
 */
export class LogLost extends Error {
  override readonly name = 'LogLost'
  readonly code: string

  constructor(cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'EIO'
    super(`the disk did not keep what was written (${code})`, { cause })
    this.code = code
  }
}

/**
 * The file that SQLite's commits are appended to. It stays the same one while the database is open, and SQLite holds no locks
 * on it. A commit is made durable by a sync off the thread, and nobody hears of it before: neither who made it nor who
 * read it.
 */
export class WriteAheadLog {
  readonly #file: number
  readonly #sync: Sync
  /** Of the commit that is not known to be on the disk; settles when it is. */
  #unsynced: PromiseWithResolvers<void> | undefined
  #lost: LogLost | undefined

  /** Makes durable what an earlier process wrote, and perhaps did not live to sync. */
  constructor(database: string, sync: Sync = syncData) {
    this.#file = openSync(`${database}-wal`, 'r+')
    this.#sync = sync
    try {
      fdatasyncSync(this.#file)
    } catch (error) {
      this.close()
      throw new LogLost(error)
    }
  }

  /** Commits by `run`, which others can read at once; one commit is synced before the next is made. */
  commit(run: () => void): void {
    this.requireWhole()
    const unsynced = Promise.withResolvers<void>()
    // Whoever commits has the failure; perhaps nobody reads.
    unsynced.promise.catch(() => {})
    this.#unsynced = unsynced
    try {
      run()
    } catch (error) {
      this.#unsynced = undefined
      unsynced.resolve()
      throw error
    }
  }

  /** Resolves when the commit is on the disk. Throws LogLost when that cannot be known, and from then on always. */
  async sync(): Promise<void> {
    const unsynced = this.#unsynced
    if (!unsynced) return
    try {
      await this.#sync(this.#file)
      unsynced.resolve()
    } catch (error) {
      this.#lost = new LogLost(error)
      unsynced.reject(this.#lost)
      throw this.#lost
    } finally {
      this.#unsynced = undefined
    }
  }

  /** For whoever has read: resolves when all that could be seen until now is on the disk. */
  async synced(): Promise<void> {
    this.requireWhole()
    await this.#unsynced?.promise
  }

  requireWhole(): void {
    if (this.#lost) throw this.#lost
  }

  close(): void {
    closeSync(this.#file)
  }
}
