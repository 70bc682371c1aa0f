import { Failure } from '@waiaas/contract'

/** What a master password may be, as the keys have it. */
export type PasswordRule = {
  isPossible(password: string): boolean
  /** What is wrong with a new one. */
  fault(password: string): string | undefined
}

/** Failure ACTION_VALIDATION_FAILED. */
export function requireUsable({ fault }: PasswordRule, given: string): void {
  const message = fault(given)
  if (message === undefined) return
  throw new Failure('ACTION_VALIDATION_FAILED', `the master password: ${message}`, {
    details: { issues: [{ path: 'newPassword', message }] },
  })
}
