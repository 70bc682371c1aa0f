import { WAIaaSError } from '@waiaas/sdk'
import type { TestDaemon } from './daemon.ts'
import { evmOwner, type TestOwner } from './owners.ts'

/** Test support: somebody becomes the verified owner of a wallet. */
export async function verifiedOwner({ operator }: Pick<TestDaemon, 'operator'>, id: string): Promise<TestOwner> {
  const owner = evmOwner()
  await operator.setOwner({ id, ownerAddress: owner.address })
  const { message } = await operator.getOwnerChallenge({ id, action: 'verify' })
  await operator.verifyOwner({ id }, { owner: await owner.word(message) })
  return owner
}

/** Under which id owners are asked to agree to a call; undefined where it passed. Fails as the call where it failed for something else. */
export async function askedFor(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    const isAsked = error instanceof WAIaaSError && error.code === 'OWNER_CONSENT_REQUIRED'
    const consent = isAsked ? error.details?.consent : undefined
    if (typeof consent !== 'string') throw error
    return consent
  }
}

/** The owner of a wallet agrees to what was asked. */
export async function agreeTo(
  { operator }: TestDaemon,
  { id, walletId, owner }: { id: string; walletId: string; owner: TestOwner },
) {
  const { message } = await operator.getConsentChallenge({ id, walletId })
  return operator.giveConsent({ id, walletId }, { owner: await owner.word(message) })
}
