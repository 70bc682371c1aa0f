import { type Expand, Failure, withShortDecision } from '@waiaas/contract'
import type { Answer } from './deciding/idempotency-store.ts'

/** The failure that a refusal is answered with. */
export function refusal(answer: Pick<Answer, 'refused'>, expand?: Expand): Failure | undefined {
  const { refused } = answer
  return (
    refused &&
    new Failure(refused.code, refused.message, {
      details: withShortDecision(refused.details, expand),
      ...(refused.retryAfter !== undefined && { retryAfter: refused.retryAfter }),
    })
  )
}
