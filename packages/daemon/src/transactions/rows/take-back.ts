import { type Base, parseBase, shareUp } from '@waiaas/contract'
import { markReserved, replaceReservation, reservation, type SpendItem } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { type AttemptRow, attemptStore, isReplacement } from './attempt-store.ts'
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
export async function dropIssued(db: Handle, attempt: Issued, at: number): Promise<void> {
  const { id, transaction_id } = attempt
  // The nonce of a replacement is not free: what it was to replace still has it.
  const to = isReplacement(attempt) ? 'reused' : 'dropped'
  if ((await attemptStore.move(db, { id, from: 'issued', to, at })) && isReplacement(attempt))
    await freeRaise(db, transaction_id, at)
}

const WAITING: readonly AttemptRow['state'][] = ['issued', 'recorded']

/** A replacement was given up: of the fee no more is held than the attempts can take that still wait for a block. */
export async function freeRaise(db: Handle, transactionId: string, at: number): Promise<void> {
  const attempts = (await attemptStore.ofTransaction(db, transactionId)).filter(
    ({ state }) => SIGNED.includes(state) || WAITING.includes(state),
  )
  const first = attempts[0]
  if (!first || !attempts.every(({ state }) => WAITING.includes(state))) return
  const most = attempts.reduce((highest, { max_fee }) => larger(highest, parseBase(max_fee)), parseBase(first.max_fee))
  const held = await reservation(db, transactionId)
  if (!held.items.some(({ part, amount }) => part === 'fee' && amount > most)) return
  const items = held.items.map((item) => (item.part === 'fee' ? feeOf(item, most) : item))
  await replaceReservation(db, held, { items, fromReserve: held.fromReserve, at })
  await transactionStore.raiseFee(db, { id: transactionId, fee: String(most) })
}

const larger = (a: Base, b: Base): Base => (a > b ? a : b)
const feeOf = (item: SpendItem, amount: Base): SpendItem => ({
  ...item,
  amount,
  usd: item.usd === null ? null : shareUp(item.usd, { part: amount, whole: item.amount }),
})

/** Drops it, and its transaction waits to be signed anew; what a replacement was to outbid stays as it is. */
export async function unissue(db: Handle, attempt: Issued, at: number): Promise<void> {
  await dropIssued(db, attempt, at)
  if (isReplacement(attempt)) return
  await transactionStore.move(db, { id: attempt.transaction_id, from: 'EXECUTING', to: 'PENDING', at })
}
