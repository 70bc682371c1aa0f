import { type FailureCode, type Suggestion, WAIaaSError } from '@waiaas/contract'

/** What goes wrong before the daemon has a say, or where it cannot be told what it said. */
type LocalCode =
  | 'NO_TOKEN'
  | 'NO_MASTER_PASSWORD'
  | 'NO_OWNER'
  | 'INVALID_TOKEN'
  | 'VALIDATION_ERROR'
  | 'NETWORK_ERROR'
  | 'REQUEST_TIMEOUT'
  | 'INVALID_ANSWER'
  | 'PAYMENT_UNKNOWN'
  | 'FAILED'
  | 'CANCELLED'
  | 'EXPIRED'
/** A code that a `WAIaaSError` may have. */
export type ErrorCode = FailureCode | LocalCode

/** The failure of a call: the error itself, or the one that a library has wrapped in its own. */
export function failureOf(error: unknown): WAIaaSError | undefined {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof WAIaaSError) return one
  return undefined
}

/** Whether a call failed for one of these reasons, also where a library has wrapped that; the compiler knows the codes. */
export const hasCode = (error: unknown, ...codes: readonly ErrorCode[]): boolean =>
  (codes as readonly (string | undefined)[]).includes(failureOf(error)?.code)

/**
 * What would pass in place of what was refused: a sentence, and where there is one the largest amount (`humanAmount` in whole
 * units, `usd`), the time from which the same passes (`retryAt`, unix seconds), and who can allow it. Undefined where the
 * failure is no refusal by policy.
 */
export function remedyOf(error: unknown): Suggestion | undefined {
  const { decision } = (failureOf(error)?.details ?? {}) as { decision?: { suggestion?: Suggestion } }
  return decision?.suggestion
}
