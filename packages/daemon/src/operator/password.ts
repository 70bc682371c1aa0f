import { Failure, normalPassword } from '@waiaas/contract'

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 1_000

/** False for a text that is no master password, whatever the right one is. */
export const isPossible = (password: string): boolean => password.length > 0 && password.length <= LONGEST_PASSWORD

/**
 * X-Master-Password has to carry it: HTTP strips spaces at the ends of a header and allows no control characters.
 * Failure ACTION_VALIDATION_FAILED.
 */
export function requireUsable(given: string): void {
  const password = normalPassword(given)
  const isLongEnough = password.length >= SHORTEST_PASSWORD && password.length <= LONGEST_PASSWORD
  if (isLongEnough && !/^\s|\s$|\p{Cc}/u.test(password)) return
  const expected = isLongEnough
    ? 'expected no space at its ends and no control character'
    : `expected ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters, got ${password.length}`
  throw new Failure('ACTION_VALIDATION_FAILED', `the master password: ${expected}`, {
    details: { issues: [{ path: 'newPassword', message: expected }] },
  })
}
