import { KeyError } from '../key-error.ts'

/** Ends a signature with a reason that the caller may see. */
export function refuse(reason: string): never {
  throw new KeyError('SIGN_REFUSED', reason)
}
