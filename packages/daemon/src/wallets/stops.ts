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
  /** After the commit, before the answer: nothing more is signed or sent for one wallet, or for all. */
  halt(walletId?: string): Promise<void>
  resume(walletId?: string): void
  /** After the commit, before the answer: what was on its way is over, for these wallets or for all. */
  quiet(walletIds?: readonly string[]): Promise<void>
}
