import { type Decision, type FailureCode, TransactionSent } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'
import { bothAmounts } from '../kinds/amount.ts'
import { decisionOf } from '../rows/readings.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import type { Answer, Key } from './idempotency-store.ts'

/** What the caller is told of a request that was decided on. */
export function answerOf(row: TransactionRow, decision: Decision, duplicateOf?: string): Answer {
  if (row.tier === null) {
    const details = { transactionId: row.id, reasons: decision.reasons, decision, ...(duplicateOf && { duplicateOf }) }
    const retryAt = decision.suggestion?.retryAt
    const retryAfter = retryAt === undefined ? undefined : Math.max(1, retryAt - Math.floor(row.created_at / 1000))
    return {
      transactionId: row.id,
      refused: { code: refusalCode(decision), message: refusalText(decision), details, retryAfter },
    }
  }
  // Checked here, where a fault undoes all of it: once this is committed, nothing stands between it and the caller.
  const accepted = TransactionSent.parse({
    id: row.id,
    status: row.status,
    tier: decision.tier,
    walletId: row.wallet_id,
    type: row.type,
    network: row.network,
    ...bothAmounts(row.amount!, row.decimals!),
    txHash: null,
    ...(duplicateOf && { duplicateOf }),
    ...(decision.reasons.length > 0 && { decision }),
  })
  return { transactionId: row.id, accepted }
}

/** What happened and what would pass, in two sentences; where a decision has none, why it was refused. */
export const refusalText = ({ reasons, suggestion }: Decision): string =>
  suggestion?.message ?? (reasons.map(({ message }) => message).join('; ') || 'refused by policy')

export function refusalCode({ reasons }: Decision): FailureCode {
  const all = (code: string) => reasons.length > 0 && reasons.every((reason) => reason.code === code)
  if (all('RATE_LIMIT_EXCEEDED')) return 'RATE_LIMIT_EXCEEDED'
  return all('CONSTRAINT_VIOLATED') ? 'CONSTRAINT_VIOLATED' : 'POLICY_DENIED'
}

/** The answer to a request that was decided on before; a refusal stays as it is. */
export const repeated = (answer: Answer): Answer => (answer.accepted ? { ...answer, isRepeat: true } : answer)

/** The first answer under a key; undefined when the refused request is removed, and its key with it. */
export async function answerUnder(db: Handle, key: Key): Promise<Answer | undefined> {
  if (key.answer) return repeated(key.answer)
  const row = await transactionStore.byId(db, key.transaction_id)
  return row && answerOf(row, decisionOf(row))
}
