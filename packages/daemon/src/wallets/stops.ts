import type { Actor } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'

type Why = { error: string; code: string; actor: Actor; sessionId?: string }

/** What every stop does to transactions; the pipeline provides it. */
export type Stops = {
  /** In the same job: cancels all of which nothing has left; returns ended ids. The job holds exclusive `system` and the wallet. */
  cancelUnsent(db: Handle, walletId: string, why: Why): Promise<string[]>
  walletsWithUnsent(db: Handle): Promise<string[]>
  /** After the commit, before the answer: nothing more is signed or sent for one wallet, or for all. */
  halt(walletId?: string): Promise<void>
  resume(walletId?: string): void
  /** After the commit of a revocation, before the answer: what was on its way is over. */
  quiet(walletIds: readonly string[]): Promise<void>
}
