import { normalForm } from './password-text.ts'

const SHORTEST = 8
const LONGEST = 1_000

/** What a master password may be; the signer goes by it, and the daemon before it asks the signer. */
export const passwordRule = {
  /** False for a text that is no master password, whatever the right one is. */
  isPossible: (password: string): boolean => password.length > 0 && password.length <= LONGEST,
  /**
   * What is wrong with a new one. X-Master-Password has to carry it: HTTP strips spaces at the ends of a header and allows
   * no control characters.
   */
  fault(given: string): string | undefined {
    const password = normalForm(given)
    if (password.length < SHORTEST || password.length > LONGEST)
      return `expected ${SHORTEST} to ${LONGEST} characters, got ${password.length}`
    if (/^\s|\s$|\p{Cc}/u.test(password)) return 'expected no space at its ends and no control character'
    return undefined
  },
}
export type PasswordRule = typeof passwordRule
