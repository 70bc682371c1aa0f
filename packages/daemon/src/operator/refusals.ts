import { Failure } from '@waiaas/contract'

export const wrongPassword = (): Failure => new Failure('INVALID_MASTER_PASSWORD', 'the master password is wrong')

/** Refusals of the signer as a client meets them. A password that another replica changed since the call was let in is wrong by now. */
export async function keyRefusals<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (hasCode(error, 'INVALID_MASTER_PASSWORD')) throw wrongPassword()
    const message = error instanceof Error ? error.message : ''
    if (hasCode(error, 'PROOF_REFUSED')) throw new Failure('MASTER_PROOF_REFUSED', message, { cause: error })
    if (hasCode(error, 'KEYSTORE_LOCKED')) throw new Failure('KEYSTORE_LOCKED', message, { cause: error })
    throw error
  }
}

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
