import { type ConsentRow, ownerOf, setOf, signedFor, suffices, withdrawsTo } from '../../owners/service.ts'
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

/** Who has to agree to what the operator asks for, hashed; null while nobody has. */
export async function lockedSet(db: Handle, walletId: string): Promise<string | null> {
  const ownership = await ownerOf(db, walletId)
  return ownership.state === 'LOCKED' ? setOf(ownership) : null
}

/**
 * Whether a sweep may go on: what owners signed for it would be enough now, and one of them still takes out to where it goes.
 * What the operator asked for may while those who had agreed own the wallet, and nobody else has to.
 */
export async function isAgreedStill(db: Handle, sweep: SweepRow): Promise<boolean> {
  const { agreed_by, agreed_networks, agreed_set, wallet_id, to_address: to } = sweep
  if (agreed_by === null) return [agreed_set, null].includes(await lockedSet(db, wallet_id))
  if (agreed_networks === null || !(await suffices(db, wallet_id, await signedForSweep(db, sweep)))) return false
  // Written when it began.
  return withdrawsTo(db, wallet_id, { to, networks: JSON.parse(agreed_networks) as string[] })
}
