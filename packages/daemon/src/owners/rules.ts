import { sha256 } from '../platform/sha256.ts'
import type { OwnedBy } from './store.ts'

/** A way in which an owner signs: a key, a contract that is on a network, or a passkey. */
export type Credential = Pick<OwnedBy, 'kind' | 'address' | 'network'> & {
  readonly id: string
  readonly createdAt: number
  /** False of a wallet that its owner has added, until it has shown to be theirs: it only verifies. */
  readonly isProven: boolean
  /** Its owner has cut it off: it signs for nobody any more. */
  readonly cutOffAt: number | null
  /** Another way to sign of the same owner has cut it off: which of the two is in wrong hands is not known. */
  readonly isContested: boolean
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
/** Takes the place of an owner, whose id is `replaces`. */
type Successor = Person & { readonly replaces: string }
/**
 * Who owns a wallet: `owner` is the first of `owners`, of whom `needed` have to agree. `next` takes the place of one of them
 * once it has verified.
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
      readonly next: Successor | undefined
    }

/** Nobody, fewer who have shown to be owners than have to agree, or as many. */
export function ownershipOf(rows: readonly OwnedBy[]): Ownership {
  const people = peopleOf(rows)
  const next = people.find((one): one is typeof one & Successor => one.replaces !== null)
  const [owner, ...others] = people.filter(({ replaces }) => replaces === null)
  if (!owner) return { state: 'NONE', owners: [], needed: 1 }
  const owners = [owner, ...others] as const
  const needed = rows[0]?.needed ?? 1
  const isLocked = verifiedOf({ owners }).length >= needed
  return { state: isLocked ? 'LOCKED' : 'GRACE', owners: [...owners], needed, owner, next }
}

/**
 * Where all goes that an owner takes out; undefined of one who has nothing left but what is cut off. A wallet that one with a
 * place of their own adds later does not move it.
 */
export const withdrawalOf = ({ credentials, place }: Pick<Person, 'credentials' | 'place'>): Place | undefined =>
  place ?? credentials.find((one) => isGood(one) && one.kind !== 'passkey')

/** Without one of their credentials an owner still signs, and has somewhere to take everything to. */
export const staysOwner = ({ credentials, place }: Person, without: Credential): boolean => {
  const rest = credentials.filter((one) => one !== without)
  return rest.some(isGood) && withdrawalOf({ credentials: rest, place }) !== undefined
}

/** It signs for its owner: it has shown to be theirs, and is not cut off. */
export const isGood = ({ isProven, cutOffAt }: Credential): boolean => isProven && cutOffAt === null

/** What an owner signs counts: something of theirs is not cut off, and nobody has to find out first what is in wrong hands. */
export const mayAgree = ({ credentials }: Person): boolean =>
  credentials.some(isGood) && !credentials.some(({ isContested }) => isContested)

/** Why their word does not count, and until when. */
export const silentWords = ({ address }: Pick<Person, 'address'>): string =>
  `${address} agrees to nothing until the operator has taken away what was cut off (waiaas wallet owner show)`

/** Of those who have shown to be owners: whose word counts. */
export const agreeing = (ownership: { owners: readonly Person[] }): Person[] => verifiedOf(ownership).filter(mayAgree)

/** So many are cut off that nothing can be agreed to: then what is cut off can still say, with the operator, who comes instead. */
export const isStuck = ({ owners, needed }: Pick<Ownership, 'owners' | 'needed'>): boolean =>
  agreeing({ owners }).length < needed

/** Those who have shown to be owners. */
export const verifiedOf = ({ owners }: { owners: readonly Person[] }): Person[] =>
  owners.filter(({ verifiedAt }) => verifiedAt !== null)

/** What was to sign for owners and has not shown that it does: of one of them, or of all. */
export const unprovenOf = (people: readonly Person[]) =>
  people.flatMap(({ credentials }) => credentials.filter(({ isProven }) => !isProven))

/** Who was to be an owner and has not verified: it was let in by those who were enough then. */
export const unverifiedOf = ({ owners, next }: Ownership): Person[] =>
  [...owners, ...(next ? [next] : [])].filter(({ verifiedAt }) => verifiedAt === null)

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

/** Two credentials of one owner are one voice; one that is an owner's no more, or cut off, is none. */
export const standingOf = (ownership: Pick<Ownership, 'owners' | 'needed'>, voices: readonly Voice[]): Standing =>
  counted({ needed: ownership.needed, owners: agreeing(ownership), signs: isGood }, voices)

/** The same of who comes instead of an owner, which what is cut off may say too where nothing else can be agreed to. */
export const standingOfReplace = (ownership: Pick<Ownership, 'owners' | 'needed'>, voices: readonly Voice[]) =>
  isStuck(ownership)
    ? counted({ needed: ownership.needed, owners: verifiedOf(ownership), signs: ({ isProven }) => isProven }, voices)
    : standingOf(ownership, voices)

type Counting = {
  readonly needed: number
  readonly owners: readonly Person[]
  signs(credential: Credential): boolean
}
function counted({ needed, owners, signs }: Counting, voices: readonly Voice[]): Standing {
  const hasSpoken = ({ credentials }: Person) =>
    credentials.some((one) => signs(one) && voices.some((voice) => isBy(one, voice)))
  const named = (people: readonly Person[]) => people.map(({ address }) => address)
  return {
    needed,
    agreed: named(owners.filter(hasSpoken)),
    missing: named(owners.filter((owner) => !hasSpoken(owner))),
  }
}

export const isEnough = ({ needed, agreed }: Standing): boolean => agreed.length >= needed

/**
 * Whether what owners said once would be enough now. By the credential itself: at the same address, or under the same key,
 * something else may sign by now.
 */
export function isEnoughStill(
  ownership: Pick<Ownership, 'owners' | 'needed'>,
  said: readonly Pick<Voice, 'credential_id'>[],
): boolean {
  const people = agreeing(ownership)
  const who = said.map(({ credential_id: id }) =>
    people.find(({ credentials }) => credentials.some((one) => isGood(one) && one.id === id)),
  )
  return who.every((one) => one !== undefined) && new Set(who).size >= ownership.needed
}

/** A wallet speaks for each wallet here that its owner owns, a passkey for the one that it is of. */
const isBy = (one: Credential, { address, network, credential_id }: Voice): boolean =>
  one.kind === 'passkey' ? one.id === credential_id : one.address === address && one.network === network

/** Who still has to agree, as people are told. */
export function standingWords({ needed, agreed, missing }: Standing): string {
  const left = needed - agreed.length
  if (left > missing.length) return stuckWords(left, missing)
  if (needed === 1) return `${missing.join(' or ')} has to agree`
  const who = left === missing.length ? missing.join(' and ') : `${left} of ${missing.join(', ')}`
  return `${agreed.length} of ${needed} owners ${agreed.length === 1 ? 'has' : 'have'} agreed; ${who} still ${left === 1 ? 'has' : 'have'} to`
}

const stuckWords = (left: number, missing: readonly string[]): string =>
  `${left} more of the owners ${left === 1 ? 'has' : 'have'} to agree, and ${missing.join(' and ') || 'nobody'} can: the others have cut off what they sign with (waiaas wallet owner show)`

function peopleOf(rows: readonly OwnedBy[]): (Person & Pick<OwnedBy, 'replaces'>)[] {
  return [...new Set(rows.map(({ owner_id }) => owner_id))].map((id) => {
    const own = rows.filter(({ owner_id }) => owner_id === id)
    const { created_at, verified_at, replaces, withdraw_to, withdraw_network } = own[0]!
    const credentials = own.map(credentialOf)
    const { address, network } = firstWallet(credentials.filter(isGood)) ?? firstWallet(credentials) ?? credentials[0]!
    const place = withdraw_to === null ? undefined : { address: withdraw_to, network: withdraw_network }
    return { id, address, network, createdAt: created_at, verifiedAt: verified_at, replaces, place, credentials }
  })
}

const firstWallet = (credentials: readonly Credential[]) =>
  credentials.find(({ kind, isProven }) => kind !== 'passkey' && isProven)

const credentialOf = (row: OwnedBy): Credential => ({
  ...{ id: row.credential_id, kind: row.kind, address: row.address, network: row.network },
  ...{ createdAt: row.credential_at, isProven: row.proven === 1, publicKey: row.public_key, rpId: row.rp_id },
  ...{ cutOffAt: row.cut_off_at, isContested: row.cut_off_by !== null && row.cut_off_by !== row.credential_id },
})
