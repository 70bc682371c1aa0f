import type { Actor } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'

/** Covers everything, a wallet, what a session asked for, or what it asked of one wallet. */
type Stop = { error: string; code: string; actor: Actor; walletId?: string; sessionId?: string }

/** What every stop does to transactions; the pipeline provides it. */
export type Stops = {
  /**
   * In the same job, which holds exclusive `system`: all that it covers is over, and every authorisation void, whatever
   * waits; a worker ends the rows afterwards.
   */
  begin(db: Handle, stop: Stop): Promise<void>
  /** Of everything, as `quiet`; and no lane of this process tries before `resume`. */
  halt(): Promise<void>
  /** After the commit: there may be something to do again, for one wallet or for all. */
  resume(walletId?: string): void
  /**
   * After the commit, before the answer: what was on its way is over, for these wallets or for all. What comes later reads
   * the stop in the job that lets it leave.
   */
  quiet(walletIds?: readonly string[]): Promise<void>
}
