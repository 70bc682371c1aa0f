import type { Handle } from '../platform/db/database.ts'
import { type AttemptRow, attemptStore } from './attempt-store.ts'
import { type LaneContext, requireLease } from './issue.ts'
import type { Parts } from './parts.ts'
import { transactionStore } from './store.ts'

/**
 * Puts a lane in order that an earlier holder left: attempts without recorded bytes never left and are made anew. What is
 * signed and not final, to be watched. `chainNonce` is the next one that the chain would take; undefined without nonces.
 */
export async function takeOver(
  parts: Parts,
  lane: LaneContext,
  db: Handle,
  chainNonce: number | undefined,
): Promise<AttemptRow[]> {
  await requireLease(parts, lane, db)
  const at = parts.clock.now()
  for (const row of await attemptStore.inState(db, lane.id, 'issued')) {
    // The nonce of a replacement is not free: what it was to replace still has it.
    const isSend = row.purpose === 'send'
    await attemptStore.move(db, { id: row.id, from: 'issued', to: isSend ? 'dropped' : 'reused', at })
    if (isSend) await transactionStore.move(db, { id: row.transaction_id, from: 'EXECUTING', to: 'PENDING', at })
  }
  const signed = await attemptStore.live(db, lane.id)
  if (chainNonce !== undefined) await alignNonce(db, lane.id, { chainNonce, signed, at })
  return signed
}

type Nonces = { chainNonce: number; signed: readonly AttemptRow[]; at: number }

/** The next nonce is above what the chain has used and what is signed; free ones below the chain's are gone. */
async function alignNonce(db: Handle, lane: string, { chainNonce, signed, at }: Nonces): Promise<void> {
  const stored = (await attemptStore.lane(db, lane))?.next_nonce ?? 0
  const next = signed.reduce((highest, row) => Math.max(highest, (row.nonce ?? -1) + 1), Math.max(stored, chainNonce))
  await attemptStore.setNonce(db, lane, next)
  for (const row of await attemptStore.inState(db, lane, 'dropped')) {
    if ((row.nonce ?? 0) >= chainNonce) continue
    await attemptStore.move(db, { id: row.id, from: 'dropped', to: 'reused', at })
  }
}
