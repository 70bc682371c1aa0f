import { Failure, newId, type Output, type ownerOperations, type Parsed } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { By, OwnerSignature } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { needLiveWallet, needWallet, type WalletRow } from '../wallets/service.ts'
import { type ConsentParts, ownerOf, takeConsent, type Wanted } from './consents.ts'
import { type Named, type NamingParts, namedOwner, ofWallet, replacing } from './naming.ts'
import { ownerStore } from './store.ts'
import { ownerView } from './views.ts'

type Operations = typeof ownerOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
export type ChangeParts = NamingParts & { database: Database; clock: Clock; audit: Pick<Audit, 'record'> }
/** Who asks for a change, and what an owner signed for it. */
type Asking = { readonly by: By; readonly signed: OwnerSignature | undefined }

/** Naming, verifying and removing owners. */
export function ownerChanges(parts: ChangeParts, consents: ConsentParts) {
  const { database, clock, audit } = parts
  const take = (db: Handle, wanted: Wanted, signed: OwnerSignature) =>
    takeConsent(db, { parts: consents, wanted }, signed)
  const inWallet = <T>(id: string, fn: (db: Handle) => Promise<T>): Promise<T> =>
    database.work({ exclusive: [`wallet:${id}`] }, fn)
  const changed = async (db: Handle, wallet: WalletRow) =>
    ownerView(parts.networks(), wallet, await ownerOf(db, wallet.id))

  return {
    /** Names an owner. A verified one has to agree, and stays until the new one has verified. */
    set: ({ id, ownerAddress, network }: Parsed<Operations['setOwner']>, { by, signed }: Asking) =>
      inWallet(id, async (db): Promise<Answer<'setOwner'>> => {
        const wallet = await needLiveWallet(db, id)
        const named = await namedOwner(parts, db, { wallet, ownerAddress, network })
        const { state, owner, next } = await ownerOf(db, id)
        const isAgreed = state === 'LOCKED'
        if (isAgreed) {
          if (signed === undefined) throw alreadyConnected(owner.address)
          await take(db, { wallet, action: 'replace', subject: replacing(wallet, named) }, signed)
        }
        const given = isAgreed ? next : owner
        if (given) await ownerStore.remove(db, given.id)
        await insert(db, { wallet, named, replaces: isAgreed ? owner.id : null, at: clock.now() })
        const details = { ...named, before: owner?.address ?? null, agreed: isAgreed }
        await audit.record(db, { event: 'OWNER_SET', ...by, walletId: id, details })
        return changed(db, wallet)
      }),

    /** Removes the owner; a verified one has to agree. */
    remove: (id: string, { by, signed }: Asking) =>
      inWallet(id, async (db): Promise<Answer<'removeOwner'>> => {
        const wallet = await needWallet(db, id)
        const { state, owner, next } = await ownerOf(db, id)
        if (!owner) throw noOwner(id)
        const isAgreed = state === 'LOCKED'
        if (isAgreed) {
          if (signed === undefined)
            throw new Failure(
              'OWNER_CONSENT_REQUIRED',
              `${owner.address} owns this wallet and has to agree to be removed`,
            )
          await take(db, { wallet, action: 'remove', subject: ofWallet(wallet) }, signed)
        }
        for (const each of [next, owner]) if (each) await ownerStore.remove(db, each.id)
        const details = { address: owner.address, agreed: isAgreed, ...(isAgreed && { loosens: true as const }) }
        await audit.record(db, { event: 'OWNER_REMOVED', ...by, walletId: id, details })
        return changed(db, wallet)
      }),

    /** By the signature of whoever was named. */
    verify: (id: string, signed: OwnerSignature) =>
      inWallet(id, async (db): Promise<Answer<'verifyOwner'>> => {
        const wallet = await needWallet(db, id)
        await take(db, { wallet, action: 'verify', subject: ofWallet(wallet) }, signed)
        return { ownerState: 'LOCKED', ownerAddress: signed.address, ownerVerified: true }
      }),
  }
}

async function insert(
  db: Handle,
  { wallet, named, replaces, at }: { wallet: WalletRow; named: Named; replaces: string | null; at: number },
): Promise<void> {
  const id = newId(at)
  const credential = {
    id: newId(at),
    owner_id: id,
    kind: named.network === null ? 'key' : 'contract',
    created_at: at,
  } as const
  const owner = { id, wallet_id: wallet.id, created_at: at, verified_at: null, replaces }
  await ownerStore.insert(db, owner, { ...credential, ...named })
}

const noOwner = (id: string) => new Failure('OWNER_NOT_CONNECTED', `wallet ${id} has no owner`)
const alreadyConnected = (address: string) =>
  new Failure('OWNER_ALREADY_CONNECTED', `${address} owns this wallet, has verified, and has to agree to be replaced`)
