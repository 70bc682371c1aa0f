import { type ConsentRow, signedFor, signsStill, withdrawsTo } from '../../owners/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { sha256 } from '../../platform/sha256.ts'
import type { SweepRow } from './sweep-store.ts'

/** What owners sign when they take out all that a wallet holds: from where, and to whom. Networks are in order. */
export const digestOfWithdrawal = ({ id, to, networks }: { id: string; to: string; networks: readonly string[] }) =>
  sha256(JSON.stringify({ id, to, networks }))

/** What owners signed for a sweep, oldest first; nothing of one that the operator asked for. */
export async function signedForSweep(
  db: Handle,
  { wallet_id, agreed_at }: Pick<SweepRow, 'wallet_id' | 'agreed_at'>,
): Promise<ConsentRow[]> {
  if (agreed_at === null) return []
  return (await signedFor(db, wallet_id, 'withdraw')).filter(({ spent_at }) => spent_at === agreed_at)
}

/**
 * Whether a sweep may go on: all that was signed with for it signs still, and an owner still takes out to where it goes. What
 * the operator asked for may.
 */
export async function isAgreedStill(db: Handle, sweep: SweepRow): Promise<boolean> {
  if (sweep.agreed_by === null) return true
  const who = [sweep.agreed_by, ...(await signedForSweep(db, sweep)).map(({ address }) => address)]
  const still = await signsStill(db, sweep.wallet_id)
  return who.every(still) && (await withdrawsTo(db, sweep.wallet_id, sweep.to_address))
}
