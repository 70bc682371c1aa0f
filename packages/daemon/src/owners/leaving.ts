import type { Handle } from '../platform/db/database.ts'
import { ownerStore } from './store.ts'

type Versions = { nextVersion(db: Handle, walletId: string): Promise<number> }
type Named = { readonly id: string; readonly address: string }
type Leaving = {
  readonly walletId: string
  readonly people?: readonly Named[]
  readonly credentials?: readonly Named[]
}

/**
 * Owners of a wallet, and what owners sign with, are so no more. What of the wallet is signed and has not left is looked at
 * again: it may have been let out by them. Answers their addresses.
 */
export async function takeAway({ nextVersion }: Versions, db: Handle, leaving: Leaving): Promise<string[]> {
  const { walletId, people = [], credentials = [] } = leaving
  for (const { id } of credentials) await ownerStore.removeCredential(db, id)
  for (const { id } of people) await ownerStore.remove(db, id)
  await nextVersion(db, walletId)
  return [...credentials, ...people].map(({ address }) => address)
}
