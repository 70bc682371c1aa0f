import { type Excess, KeyError } from '../key-error.ts'

/** Ends a signature with a reason that the caller may see. */
export function refuse(reason: string): never {
  throw new KeyError('SIGN_REFUSED', reason)
}

/** Ends a signature that goes beyond the wallet's ceiling. */
export function exceeded(reason: string, excess?: Excess): never {
  throw new KeyError('CEILING_EXCEEDED', reason, excess)
}
