import { Failure } from '@waiaas/contract'
import { KeyError, type Keys, knownOwners, ownerKey, type Voice } from '../keys/service.ts'
import type { Database } from '../platform/db/database.ts'
import { ceilingStore } from './ceiling-store.ts'
import { keyFailures } from './key-failures.ts'
import { findWallet } from './lookup.ts'

/** What somebody signed with the key of an address, or a passkey: `by` is what the signer knows of it. */
export type SignedWord = { readonly by: string; readonly message: string; readonly signature: Uint8Array }

/**
 * Has the signer hear what an owner of a wallet signed, while that is young; undefined of whom it does not know. Failures
 * INVALID_SIGNATURE of what it does not take, KEYSTORE_LOCKED.
 */
export const ownerHearing =
  ({ database, keys }: { database: Database; keys: Pick<Keys, 'hear'> }) =>
  async (walletId: string, { by, message, signature }: SignedWord): Promise<Voice | undefined> => {
    const { wallet, ceiling } = await database.read(async (db) => ({
      wallet: await findWallet(db, walletId),
      ceiling: await ceilingStore.byWallet(db, walletId),
    }))
    const isKnown = knownOwners(ceiling)?.owners.some((one) => one.map(ownerKey).includes(ownerKey(by)))
    if (!wallet || !isKnown) return undefined
    return taken(keys.hear({ address: wallet.address, ceiling, by, message, signature }))
  }

async function taken(heard: Promise<Voice>): Promise<Voice> {
  try {
    return await keyFailures(heard)
  } catch (error) {
    if (!(error instanceof Failure) || !(error.cause instanceof KeyError) || error.cause.code !== 'SIGN_REFUSED')
      throw error
    throw new Failure('INVALID_SIGNATURE', `the signer does not take it: ${error.message}`, { cause: error })
  }
}
