import { markReserved } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type AttemptRow, attemptStore } from './attempt-store.ts'
import { must } from './must.ts'
import { transactionStore } from './store.ts'

const SIGNED: readonly AttemptRow['state'][] = ['recorded', 'included', 'final']

/**
 * Takes back the signed bytes of a submitted transaction of which none ever left: it is PENDING, its nonce free, as if it
 * had not been signed. The attempts as they are now; undefined when some of the bytes may have left, or there are none.
 */
export async function unsubmit(db: Handle, transactionId: string, at: number): Promise<AttemptRow[] | undefined> {
  const signed = (await attemptStore.ofTransaction(db, transactionId)).filter(({ state }) => SIGNED.includes(state))
  const isUnsent = signed.every(({ state, left_at }) => state === 'recorded' && left_at === null)
  if (signed.length === 0 || !isUnsent) return undefined
  const dropped: AttemptRow[] = []
  for (const [index, row] of signed.entries()) {
    // All are on one nonce, which is free once.
    const state = index === 0 ? 'dropped' : 'reused'
    await must(attemptStore.giveUp(db, { id: row.id, to: state, at }), `attempt ${row.id}`)
    dropped.push({ ...row, state, updated_at: at })
  }
  await must(transactionStore.unsubmit(db, { id: transactionId, at }), `transaction ${transactionId}`)
  await markReserved(db, transactionId, at)
  return dropped
}

type Issued = Pick<AttemptRow, 'id' | 'purpose' | 'transaction_id'>

/** Drops an attempt of which no signature is stored. */
export const dropIssued = (db: Handle, { id, purpose }: Issued, at: number): Promise<boolean> =>
  // The nonce of a replacement is not free: what it was to replace still has it.
  attemptStore.move(db, { id, from: 'issued', to: purpose === 'send' ? 'dropped' : 'reused', at })

/** Drops it, and its transaction waits to be signed anew; what a replacement was to outbid stays as it is. */
export async function unissue(db: Handle, attempt: Issued, at: number): Promise<void> {
  await dropIssued(db, attempt, at)
  if (attempt.purpose !== 'send') return
  await transactionStore.move(db, { id: attempt.transaction_id, from: 'EXECUTING', to: 'PENDING', at })
}
