import { Failure } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { type WalletRow, walletStore } from './store.ts'

/** Stops hold `system` alone: every job that could issue or record a signature waits outside or comes after. */
export const stopping = (id: string) => ({ exclusive: ['system', `wallet:${id}`], isUrgent: true })
export const changing = (id: string, ...others: readonly string[]) => ({
  shared: ['system'],
  exclusive: [`wallet:${id}`, ...others],
})

/** Moves a wallet that was read in this job from one status to another. Failure INVALID_STATE_TRANSITION. */
export async function move(db: Handle, row: WalletRow, change: Parameters<typeof walletStore.move>[1]): Promise<void> {
  if (await walletStore.move(db, change)) return
  const message = `expected a wallet that is ${change.from}, this one is ${row.status}`
  throw new Failure('INVALID_STATE_TRANSITION', message, { details: { status: row.status } })
}
