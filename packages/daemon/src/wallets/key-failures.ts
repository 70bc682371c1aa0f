import { Failure, type FailureCode } from '@waiaas/contract'
import { KeyError, type KeyErrorCode } from '../keys/service.ts'

const CODES: Partial<Record<KeyErrorCode, FailureCode>> = {
  KEYSTORE_LOCKED: 'KEYSTORE_LOCKED',
  INVALID_MASTER_PASSWORD: 'INVALID_MASTER_PASSWORD',
  PROOF_REFUSED: 'MASTER_PROOF_REFUSED',
  IMPORT_INVALID: 'INVALID_IMPORT',
  EXPORT_REFUSED: 'ACTION_VALIDATION_FAILED',
  SIGN_REFUSED: 'ACTION_VALIDATION_FAILED',
  CEILING_EXCEEDED: 'CEILING_EXCEEDED',
}

/** The answer of a key call, with the refusals that a client can meet as Failures (KEYSTORE_LOCKED, INVALID_IMPORT, …). */
export async function keyFailures<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    const code = error instanceof KeyError ? CODES[error.code] : undefined
    if (!(error instanceof KeyError) || !code) throw error
    throw new Failure(code, error.message, { cause: error })
  }
}
