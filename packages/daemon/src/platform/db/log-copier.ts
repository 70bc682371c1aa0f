import { Worker } from 'node:worker_threads'

/** Pages of the log from which on it is copied: pages that many commits change are copied once, not every hundred sends. */
const FULL = 8_000
/** What could not be copied, because somebody reads what was before it, is tried again after so many more. */
const MORE = 1_000
/** How full the log is costs as much as a query. */
const COMMITS_PER_LOOK = 8

/**
 * Copies the log to the database in a thread of its own, where it is megabytes and two syncs, while commits go on. What they
 * add meanwhile is copied before the next one, which then begins the log anew; that is little, and the thread that serves is
 * free for it too. The thread is started when there is something to copy.
 */
export class LogCopier {
  readonly #file: string
  readonly #pages: () => number
  #thread: Worker | undefined
  #asked: PromiseWithResolvers<boolean> | undefined
  #commits = 0
  #from = FULL
  /** Settles when most of the log is copied. */
  #copying: Promise<void> | undefined
  #isMostCopied = false

  /** `pages` is how many the log has. */
  constructor(file: string, pages: () => number) {
    this.#file = file
    this.#pages = pages
  }

  /** To be called after each commit; resolves when the next one may be made. Never fails: what is wrong with the log, that one says. */
  async afterCommit(): Promise<void> {
    const pages = ++this.#commits % COMMITS_PER_LOOK === 0 ? this.#look() : 0
    if (!this.#copying) {
      if (pages >= this.#from) this.#copying = this.#copyMost()
      return
    }
    // A log that grows faster than it is copied waits for that.
    if (pages >= this.#from + FULL) await this.#copying
    if (this.#isMostCopied) await this.#copyRest()
  }

  async #copyMost(): Promise<void> {
    await this.#copy()
    this.#isMostCopied = true
  }

  async #copyRest(): Promise<void> {
    this.#from = (await this.#copy()) ? FULL : this.#look() + MORE
    this.#copying = undefined
    this.#isMostCopied = false
  }

  /** A log that cannot be looked at counts as empty. */
  #look(): number {
    try {
      return this.#pages()
    } catch {
      return 0
    }
  }

  /** Whether all of the log was copied. What fails is no fault of any commit: the log keeps what was not copied. */
  async #copy(): Promise<boolean> {
    try {
      this.#thread ??= this.#start()
    } catch {
      // No thread can be had now.
      return false
    }
    this.#asked = Promise.withResolvers()
    this.#thread.ref()
    this.#thread.postMessage('copy')
    return this.#asked.promise
  }

  #start(): Worker {
    const thread = new Worker(new URL('./log-copier-thread.ts', import.meta.url), {
      workerData: this.#file,
      env: {},
      execArgv: [],
    })
    const answer = (isWhole: boolean) => {
      thread.unref()
      this.#asked?.resolve(isWhole)
    }
    thread.on('message', answer)
    // Its end follows, and says enough.
    thread.on('error', () => {})
    thread.once('exit', () => {
      if (this.#thread === thread) this.#thread = undefined
      answer(false)
    })
    return thread
  }

  /** Resolves when nothing of it has the database open. */
  async close(): Promise<void> {
    const thread = this.#thread
    if (!thread) return
    thread.ref()
    const gone = new Promise((resolve) => thread.once('exit', resolve))
    thread.postMessage('close')
    await gone
  }
}
