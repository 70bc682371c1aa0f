import {
  Failure,
  invalidField,
  type Output,
  type ownerOperations,
  type ownerSetOperations,
  type Parsed,
} from '@waiaas/contract'
import type { NeedConsent } from '../consents/types.ts'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { needLiveWallet, type WalletRow } from '../wallets/service.ts'
import type { ChangeParts } from './changes.ts'
import { ownerOf } from './consents.ts'
import { takeAway } from './leaving.ts'
import { insertOwner, namedOwner, requireNobodys } from './naming.ts'
import { agreeing, type Ownership, type Person, unprovenOf, unverifiedOf } from './rules.ts'
import { ownerStore } from './store.ts'
import { ownerView } from './views.ts'

type Operations = typeof ownerOperations & typeof ownerSetOperations
type View = Output<Operations['getOwner']>
export type SeveralParts = ChangeParts & { needConsent: NeedConsent }
/** A change of who owns a wallet: in words, and as it is bound. */
type Change = { readonly words: string; readonly content: unknown }

/** More are more than somebody oversees. */
const MOST_OWNERS = 10

/**
 * Several owners of one wallet, of whom some number has to agree. The operator changes both; once as many have verified as
 * have to agree, that many have to agree to it.
 */
export function severalOwners(parts: SeveralParts) {
  const { database, clock, audit } = parts

  const inWallet = (id: string, fn: (db: Handle, at: { wallet: WalletRow; ownership: Ownership }) => Promise<void>) =>
    database.work({ exclusive: [`wallet:${id}`] }, async (db): Promise<View> => {
      const wallet = await needLiveWallet(db, id)
      await fn(db, { wallet, ownership: await ownerOf(db, id) })
      return ownerView(parts.networks(), wallet, await ownerOf(db, id))
    })
  const agreed = (db: Handle, wallet: WalletRow, change: Change) => changeOwners(parts, db, { wallet, ...change })

  return {
    add: ({ id, ownerAddress, network }: Parsed<Operations['addOwner']>, by: By) =>
      inWallet(id, async (db, { wallet, ownership }) => {
        const named = await namedOwner(parts, db, { wallet, ownerAddress, network })
        const { owners } = ownership
        requireRoom(ownership)
        requireNobodys(ownership, named)
        const place = named.network === null ? '' : `, a contract on ${named.network},`
        await agreed(db, wallet, {
          words: `${JSON.stringify(named.address)}${place} becomes one of the owners of`,
          content: ['add', named.address, named.network],
        })
        await insertOwner(db, { wallet, named, replaces: null, at: clock.now() })
        const details = { ...named, owners: owners.length + 1, needed: ownership.needed }
        await audit.record(db, { event: 'OWNER_ADDED', ...by, walletId: id, details })
      }),

    drop: ({ id, ownerId }: Parsed<Operations['dropOwner']>, by: By) =>
      inWallet(id, async (db, { wallet, ownership }) => {
        const { owners, needed, next } = ownership
        const person = owners.find((one) => one.id === ownerId)
        if (!person) throw new Failure('OWNER_NOT_CONNECTED', `wallet ${id} has no owner ${ownerId}`)
        if (next) throw isReplaced(next)
        if (owners.length === 1) throw invalidField('ownerId', 'expected one of several owners; remove the only one')
        requireAsMany(needed, { state: ownership.state, owners: owners.filter((one) => one !== person) })
        // Who has not verified has no say yet: taking them away lets nothing more out.
        if (person.verifiedAt !== null)
          await agreed(db, wallet, {
            words: `${JSON.stringify(person.address)} is none of the owners any more of`,
            content: ['drop', person.id],
          })
        await takeAway(parts, db, { walletId: id, people: [person] })
        const details = { address: person.address, owners: owners.length - 1, needed }
        await audit.record(db, { event: 'OWNER_DROPPED', ...by, walletId: id, details })
      }),

    need: ({ id, needed }: Parsed<Operations['setOwnersNeeded']>, by: By) =>
      inWallet(id, async (db, { wallet, ownership }) => {
        if (ownership.state === 'NONE') throw new Failure('OWNER_NOT_CONNECTED', `wallet ${id} has no owner`)
        if (ownership.needed === needed) return
        requireAsMany(needed, ownership)
        await agreed(db, wallet, {
          words: `${needed} instead of ${ownership.needed} of the owners have to agree, of`,
          content: ['need', needed, ownership.needed],
        })
        await ownerStore.need(db, id, needed)
        // Fewer than now let them in. What they let out is looked at again.
        const others = needed > ownership.needed ? notYetIn(ownership) : {}
        const dropped = await takeAway(parts, db, { walletId: id, ...others })
        const { length: owners } = (await ownerOf(db, id)).owners
        const details = { needed, before: ownership.needed, owners, ...(dropped.length > 0 && { dropped }) }
        await audit.record(db, { event: 'OWNERS_NEEDED', ...by, walletId: id, details })
      }),
  }
}

/** Whom and what owners have let in and has not verified yet. Before as many have verified as have to agree they let in nothing. */
function notYetIn(ownership: Ownership) {
  if (ownership.state !== 'LOCKED') return {}
  const people = unverifiedOf(ownership)
  return { people, credentials: unprovenOf(ownership.owners.filter((one) => !people.includes(one))) }
}

/** As many owners as have to agree have to agree to a change of who they are. Failure OWNER_CONSENT_REQUIRED. */
export const changeOwners = (
  { needConsent }: Pick<SeveralParts, 'needConsent'>,
  db: Handle,
  { wallet, words, content }: Change & { wallet: WalletRow },
) =>
  needConsent(db, {
    action: 'change-owners',
    words: `${words} the wallet ${JSON.stringify(wallet.name)}, ${wallet.address}`,
    content,
    wallet: wallet.id,
  })

/** Whether one more can own the wallet. */
export function requireRoom({ owners, next }: Ownership): void {
  if (next) throw isReplaced(next)
  if (owners.length >= MOST_OWNERS) throw invalidField('id', `expected a wallet of less than ${MOST_OWNERS} owners`)
}

/** Nobody must be left whose word suffices: else the operator would be alone again. */
function requireAsMany(needed: number, ownership: { state: Ownership['state']; owners: readonly Person[] }): void {
  const isLocked = ownership.state === 'LOCKED'
  const there = isLocked ? agreeing(ownership).length : ownership.owners.length
  if (needed <= there) return
  const owners = there === 1 ? 'owner' : 'owners'
  const who = isLocked ? `${owners} who ${there === 1 ? 'has' : 'have'} verified and cut nothing off` : owners
  throw invalidField('needed', `${needed} would have to agree, and there ${there === 1 ? 'is' : 'are'} ${there} ${who}`)
}

const isReplaced = ({ address }: Person) =>
  new Failure('OWNER_ALREADY_CONNECTED', `${address} is about to take the place of the owner, and has to verify first`)
