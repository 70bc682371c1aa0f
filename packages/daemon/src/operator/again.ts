import { isFailure } from '@waiaas/contract'

type Operator = { authenticate(password: string, from: { readonly peer: string }): Promise<unknown> }

/** The password again, inside a call that the operator already made with it. */
export async function isPassword(operator: Operator, password: string): Promise<boolean> {
  try {
    await operator.authenticate(password, { peer: 'export' })
    return true
  } catch (error) {
    if (isFailure(error, 'INVALID_MASTER_PASSWORD')) return false
    throw error
  }
}
