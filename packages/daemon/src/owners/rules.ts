import { sha256 } from '../platform/sha256.ts'
import type { OwnedBy } from './store.ts'

/** A way in which an owner signs: a key, a contract that is on a network, or a passkey. */
export type Credential = Pick<OwnedBy, 'kind' | 'address' | 'network'> & {
  readonly id: string
  readonly createdAt: number
  /** False of a wallet that its owner has added, until it has shown to be theirs: it only verifies. */
  readonly isProven: boolean
  /** Of a passkey. */
  readonly publicKey: string | null
  readonly rpId: string | null
}
/** An address; of a contract the network that it is on. */
type Place = { readonly address: string; readonly network: string | null }
/** One owner of a wallet, by the name of the first credential. */
export type Person = {
  readonly id: string
  readonly address: string
  /** Of a contract: the network that it is on. */
  readonly network: string | null
  readonly createdAt: number
  readonly verifiedAt: number | null
  /** What an owner with a passkey alone has named to take everything to. */
  readonly place: Place | undefined
  readonly credentials: readonly Credential[]
}
/**
 * Who owns a wallet: `owner` is the first of `owners`, of whom `needed` have to agree. `next` takes the place of the only
 * owner once it has verified.
 */
export type Ownership =
  | {
      readonly state: 'NONE'
      readonly owners: readonly []
      readonly needed: 1
      readonly owner?: undefined
      readonly next?: undefined
    }
  | {
      readonly state: 'GRACE' | 'LOCKED'
      readonly owners: readonly [Person, ...Person[]]
      readonly needed: number
      readonly owner: Person
      readonly next: Person | undefined
    }

/** Nobody, fewer who have shown to be owners than have to agree, or as many. */
export function ownershipOf(rows: readonly OwnedBy[]): Ownership {
  const people = peopleOf(rows)
  const next = people.find(({ replaces }) => replaces !== null)
  const [owner, ...others] = people.filter(({ replaces }) => replaces === null)
  if (!owner) return { state: 'NONE', owners: [], needed: 1 }
  const owners = [owner, ...others] as const
  const needed = rows[0]?.needed ?? 1
  const isLocked = verifiedOf({ owners }).length >= needed
  return { state: isLocked ? 'LOCKED' : 'GRACE', owners: [...owners], needed, owner, next }
}

/** Where all goes that an owner takes out. A wallet that one with a place of their own adds later does not move it. */
export const withdrawalOf = ({ address, network, place }: Person): Place => place ?? { address, network }

/** Without one of their credentials an owner still signs, and has somewhere to take everything to. */
export const staysOwner = ({ credentials, place }: Person, without: Credential): boolean =>
  credentials.some((one) => one !== without && one.isProven && (one.kind !== 'passkey' || place !== undefined))

/** Those who have shown to be owners. */
export const verifiedOf = ({ owners }: { owners: readonly Person[] }): Person[] =>
  owners.filter(({ verifiedAt }) => verifiedAt !== null)

/** Who owns a wallet and how many of them have to agree, hashed: what they have said counts while this is the same. */
export const setOf = ({ owners, needed }: Ownership): string =>
  sha256(JSON.stringify([needed, ...owners.map(({ id }) => id).sort()]))

/** What somebody said, by which credential. */
export type Voice = { readonly address: string; readonly network: string | null; readonly credential_id: string | null }
/** How far owners have agreed to something; names of owners. */
export type Standing = {
  readonly needed: number
  readonly agreed: string[]
  readonly missing: string[]
}

/** Two credentials of one owner are one voice; one that is an owner's no more is none. */
export function standingOf(ownership: Pick<Ownership, 'owners' | 'needed'>, voices: readonly Voice[]): Standing {
  const owners = verifiedOf(ownership)
  const hasSpoken = ({ credentials }: Person) => credentials.some((one) => voices.some((voice) => isBy(one, voice)))
  const named = (people: readonly Person[]) => people.map(({ address }) => address)
  return {
    needed: ownership.needed,
    agreed: named(owners.filter(hasSpoken)),
    missing: named(owners.filter((owner) => !hasSpoken(owner))),
  }
}

export const isEnough = ({ needed, agreed }: Standing): boolean => agreed.length >= needed

/** A wallet speaks for each wallet here that its owner owns, a passkey for the one that it is of. */
const isBy = (one: Credential, { address, network, credential_id }: Voice): boolean =>
  one.kind === 'passkey' ? one.id === credential_id : one.address === address && one.network === network

/** Who still has to agree, as people are told. */
export function standingWords({ needed, agreed, missing }: Standing): string {
  if (needed === 1) return `${missing.join(' or ')} has to agree`
  const left = needed - agreed.length
  const who = left === missing.length ? missing.join(' and ') : `${left} of ${missing.join(', ')}`
  return `${agreed.length} of ${needed} owners ${agreed.length === 1 ? 'has' : 'have'} agreed; ${who} still ${left === 1 ? 'has' : 'have'} to`
}

function peopleOf(rows: readonly OwnedBy[]): (Person & Pick<OwnedBy, 'replaces'>)[] {
  return [...new Set(rows.map(({ owner_id }) => owner_id))].map((id) => {
    const own = rows.filter(({ owner_id }) => owner_id === id)
    const { created_at, verified_at, replaces, withdraw_to, withdraw_network } = own[0]!
    const credentials = own.map(credentialOf)
    const { address, network } = credentials.find(isWallet) ?? credentials[0]!
    const place = withdraw_to === null ? undefined : { address: withdraw_to, network: withdraw_network }
    return { id, address, network, createdAt: created_at, verifiedAt: verified_at, replaces, place, credentials }
  })
}

const isWallet = ({ kind, isProven }: Credential) => kind !== 'passkey' && isProven

const credentialOf = (row: OwnedBy): Credential => ({
  ...{ id: row.credential_id, kind: row.kind, address: row.address, network: row.network },
  ...{ createdAt: row.credential_at, isProven: row.proven === 1, publicKey: row.public_key, rpId: row.rp_id },
})
