import { Failure, type Output, type ownerOperations, type Parsed } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { By, OwnerSignature } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { needLiveWallet, needWallet, type WalletRow } from '../wallets/service.ts'
import { agree, type ConsentParts, ownerOf, requireEnough, takeConsent, type Wanted } from './consents.ts'
import { insertOwner, type NamingParts, namedOwner, ofWallet, replacing } from './naming.ts'
import { isEnough, type Ownership, type Standing, standingOf, standingWords } from './rules.ts'
import { ownerStore } from './store.ts'
import { ownerView } from './views.ts'

type Operations = typeof ownerOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
export type ChangeParts = NamingParts & { database: Database; clock: Clock; audit: Pick<Audit, 'record'> }
/** Who asks for a change, and what an owner signed for it. */
type Asking = { readonly by: By; readonly signed: OwnerSignature | undefined }

/** Naming, verifying and removing the only owner of a wallet, or all. */
export function ownerChanges(parts: ChangeParts, consents: ConsentParts) {
  const { database, clock, audit } = parts
  const inWallet = <T>(id: string, fn: (db: Handle) => Promise<T>): Promise<T> =>
    database.work({ exclusive: [`wallet:${id}`] }, fn)
  const changed = async (db: Handle, wallet: WalletRow) =>
    ownerView(parts.networks(), wallet, await ownerOf(db, wallet.id))
  const agreed = async (db: Handle, wanted: Wanted, signed: OwnerSignature): Promise<Standing> =>
    (await agree(db, { parts: consents, wanted }, signed)).standing

  return {
    /** Names the only owner. A verified one has to agree, and stays until the new one has verified. */
    set: ({ id, ownerAddress, network }: Parsed<Operations['setOwner']>, { by, signed }: Asking) =>
      inWallet(id, async (db): Promise<Answer<'setOwner'>> => {
        const wallet = await needLiveWallet(db, id)
        const named = await namedOwner(parts, db, { wallet, ownerAddress, network })
        const ownership = await ownerOf(db, id)
        const { state, owner } = ownership
        const isAgreed = state === 'LOCKED'
        if (isAgreed) {
          if (ownership.owners.length > 1) throw severalOwners(ownership)
          if (signed === undefined) throw alreadyConnected(owner.address)
          requireEnough(await agreed(db, { wallet, action: 'replace', subject: replacing(wallet, named) }, signed))
        }
        for (const each of isAgreed ? [] : ownership.owners) await ownerStore.remove(db, each.id)
        if (ownership.next) await ownerStore.remove(db, ownership.next.id)
        await ownerStore.need(db, id, 1)
        await insertOwner(db, { wallet, named, replaces: isAgreed ? owner.id : null, at: clock.now() })
        const details = { ...named, before: owner?.address ?? null, agreed: isAgreed }
        await audit.record(db, { event: 'OWNER_SET', ...by, walletId: id, details })
        return changed(db, wallet)
      }),

    /** Removes all owners; as many who have verified as have to agree have to agree to it. */
    async remove(id: string, { by, signed }: Asking): Promise<Answer<'removeOwner'>> {
      const removed = await inWallet(id, async (db) => {
        const wallet = await needWallet(db, id)
        const { state, owner, owners, next, ...rest } = await ownerOf(db, id)
        if (!owner) throw noOwner(id)
        const isAgreed = state === 'LOCKED'
        if (isAgreed) {
          if (signed === undefined) throw toBeRemoved({ owners, ...rest })
          const standing = await agreed(db, { wallet, action: 'remove', subject: ofWallet(wallet) }, signed)
          if (!isEnough(standing)) return standing
        }
        for (const each of [...(next ? [next] : []), ...owners]) await ownerStore.remove(db, each.id)
        await ownerStore.need(db, id, 1)
        const details = { address: owner.address, agreed: isAgreed, ...(isAgreed && { loosens: true as const }) }
        await audit.record(db, { event: 'OWNER_REMOVED', ...by, walletId: id, details })
        return changed(db, wallet)
      })
      return unlessMissing(removed)
    },

    /** By the signature of whoever was named. */
    verify: (id: string, signed: OwnerSignature) =>
      inWallet(id, async (db): Promise<Answer<'verifyOwner'>> => {
        const wallet = await needWallet(db, id)
        await takeConsent(
          db,
          { parts: consents, wanted: { wallet, action: 'verify', subject: ofWallet(wallet) } },
          signed,
        )
        const { state } = await ownerOf(db, id)
        return { ownerState: state, ownerAddress: signed.address, ownerVerified: true }
      }),
  }
}

/** What a job has done; Failure OWNER_CONSENT_REQUIRED where it has only kept what an owner said. */
export function unlessMissing<T extends object>(done: T | Standing): T {
  if (!isStanding(done)) return done
  requireEnough(done)
  throw new Error('enough owners had agreed, and nothing was done')
}
const isStanding = (done: object): done is Standing => 'missing' in done && 'needed' in done

const toBeRemoved = (ownership: Pick<Ownership, 'owners' | 'needed'>) =>
  new Failure('OWNER_CONSENT_REQUIRED', `${standingWords(standingOf(ownership, []))} that the wallet loses its owners`)
const noOwner = (id: string) => new Failure('OWNER_NOT_CONNECTED', `wallet ${id} has no owner`)
const alreadyConnected = (address: string) =>
  new Failure('OWNER_ALREADY_CONNECTED', `${address} owns this wallet, has verified, and has to agree to be replaced`)
const severalOwners = ({ owners }: Pick<Ownership, 'owners'>) =>
  new Failure(
    'OWNER_ALREADY_CONNECTED',
    `this wallet has ${owners.length} owners; add the new one, then take away the one whose place it takes`,
  )
