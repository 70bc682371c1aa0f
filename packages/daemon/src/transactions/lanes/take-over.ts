import type { Handle } from '../../platform/db/database.ts'
import type { Parts } from '../parts.ts'
import { type AttemptRow, attemptStore } from '../rows/attempt-store.ts'
import { transactionStore } from '../rows/store.ts'
import { type LaneContext, requireLease } from './issue.ts'
import { alignNonce } from './nonces.ts'

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
  if (chainNonce !== undefined) await alignNonce({ parts, lane, db }, { chainNonce, signed })
  return signed
}
