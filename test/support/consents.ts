import { WAIaaSError } from '@waiaas/sdk'
import type { TestDaemon } from './daemon.ts'
import { evmOwner, type TestOwner } from './owners.ts'

/** Test support: somebody becomes the verified owner of a wallet. */
export async function verifiedOwner({ operator }: Pick<TestDaemon, 'operator'>, id: string): Promise<TestOwner> {
  const owner = evmOwner()
  await ownedBy({ operator }, id, [owner])
  return owner
}

/** Test support: people become the verified owners of a wallet, all of whom, or so many, have to agree. */
export async function ownedBy(
  { operator }: Pick<TestDaemon, 'operator'>,
  id: string,
  people: readonly TestOwner[],
  needed = people.length,
) {
  const [first, ...others] = people
  await operator.setOwner({ id, ownerAddress: first!.address })
  for (const { address } of others) await operator.addOwner({ id, ownerAddress: address })
  await operator.setOwnersNeeded({ id, needed })
  for (const one of people) {
    const { message } = await operator.getOwnerChallenge({ id, action: 'verify', signer: one.address })
    await operator.verifyOwner({ id }, { owner: await one.word(message) })
  }
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
  const { message } = await operator.getConsentChallenge({ id, walletId, signer: owner.address })
  return operator.giveConsent({ id, walletId }, { owner: await owner.word(message) })
}
