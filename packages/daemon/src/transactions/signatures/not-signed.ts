import { Failure, type FailureCode } from '@waiaas/contract'
import type { ListedRow } from '../rows/list-store.ts'
import { decisionOf } from '../rows/readings.ts'
import { waitReason } from '../views.ts'

const WAITS = ['QUEUED', 'PENDING', 'EXECUTING']

/** What waits has the code of a refusal, as clients of these routes expect it, and says how to come back for it. */
export function notSigned(row: ListedRow): Failure {
  const { id, status } = row
  const details = { id, transactionId: id, status }
  if (!WAITS.includes(status)) {
    if (status === 'SIGNED' || status === 'CONFIRMED')
      return new Failure('WALLET_SUSPENDED', 'signing is stopped, and the signature is held back', { details })
    // It was given out, and what became of it is final.
    if (row.tx_hash !== null)
      return new Failure('TX_ALREADY_PROCESSED', `the transaction is ${status}: ${row.error ?? 'it has landed'}`, {
        details,
      })
    // As it was stored when the request ended.
    const code = (row.error_code ?? 'POLICY_DENIED') as FailureCode
    return new Failure(code, row.error ?? `the request is ${status}`, { details })
  }
  const waits = waitReason(row)
  const { reasons } = decisionOf(row)
  return new Failure(
    'POLICY_DENIED',
    `it is not signed yet: ${waits}; repeat it with the same Idempotency-Key, or look at ${id}, for the signature`,
    { details: { ...details, tier: row.tier, waits, reasons } },
  )
}
