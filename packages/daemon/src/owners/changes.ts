import { Failure, type Output, type ownerOperations, type Parsed } from '@waiaas/contract'
import type { By, OwnerSignature } from '../platform/caller.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { needLiveWallet, needWallet, type WalletRow } from '../wallets/service.ts'
import { agree, type ConsentParts, ownerOf, requireEnough, takeConsent, type Wanted } from './consents.ts'
import { takeAway } from './leaving.ts'
import { insertOwner, type NamingParts, namedOwner, ofWallet, placeOf, replacing, requireNobodys } from './naming.ts'
import { isEnough, type Ownership, type Person, type Standing, standingOf, standingWords } from './rules.ts'
import { ownerStore } from './store.ts'
import { ownerView } from './views.ts'

type Operations = typeof ownerOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
export type ChangeParts = NamingParts & { database: Database } & Pick<ConsentParts, 'clock' | 'audit' | 'nextVersion'>
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
    /** Names the only owner, or one in the place of another. Who has verified stays until the new one has. */
    async set({ id, ownerAddress, network, ownerId }: Parsed<Operations['setOwner']>, { by, signed }: Asking) {
      const done = await inWallet(id, async (db): Promise<Answer<'setOwner'> | Standing> => {
        const wallet = await needLiveWallet(db, id)
        const named = await namedOwner(parts, db, { wallet, ownerAddress, network })
        const ownership = await ownerOf(db, id)
        const isAgreed = ownership.state === 'LOCKED'
        const place = isAgreed || ownerId !== undefined ? placeOf(ownership, ownerId) : undefined
        if (place) requireNobodys({ owners: ownership.owners.filter((one) => one !== place) }, named)
        if (place && isAgreed) {
          if (signed === undefined) throw alreadyConnected(place.address)
          const subject = replacing(wallet, { ...named, place })
          const standing = await agreed(db, { wallet, action: 'replace', subject }, signed)
          if (!isEnough(standing)) return standing
        }
        await makeRoom(parts, db, { ownership, wallet, place })
        await insertOwner(db, { wallet, named, replaces: place && isAgreed ? place.id : null, at: clock.now() })
        const details = { ...named, before: (place ?? ownership.owner)?.address ?? null, agreed: isAgreed }
        await audit.record(db, { event: 'OWNER_SET', ...by, walletId: id, details })
        return changed(db, wallet)
      })
      return unlessMissing(done)
    },

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
        await takeAway(parts, db, { walletId: id, people: [...(next ? [next] : []), ...owners] })
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

type Room = { readonly ownership: Ownership; readonly wallet: WalletRow; readonly place: Person | undefined }
/** Who has not verified goes at once, and whoever was to take a place: of all owners, or of the one whose place it is. */
async function makeRoom(parts: ChangeParts, db: Handle, { ownership, wallet, place }: Room): Promise<void> {
  const { state, owners, next } = ownership
  const isLocked = state === 'LOCKED'
  const people = [...(next ? [next] : []), ...(isLocked ? [] : place ? [place] : owners)]
  if (people.length > 0) await takeAway(parts, db, { walletId: wallet.id, people })
  if (!isLocked && !place) await ownerStore.need(db, wallet.id, 1)
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
