import { Failure } from '@waiaas/contract'
import type { Answer } from './deciding/idempotency-store.ts'

/** The failure that a refusal is answered with. */
export function refusal(answer: Answer): Failure | undefined {
  const { refused } = answer
  return (
    refused &&
    new Failure(refused.code, refused.message, {
      details: refused.details,
      ...(refused.retryAfter !== undefined && { retryAfter: refused.retryAfter }),
    })
  )
}
