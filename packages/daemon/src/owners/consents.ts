import { Failure, type Network } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import { families } from '../chains/families.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import type { WalletRow } from '../wallets/service.ts'
import { type Action, actions, type Subject } from './actions.ts'
import { type Asked, addressIn, assertAsks, goodNonce } from './challenges.ts'
import { takeAway } from './leaving.ts'
import {
  type Credential,
  isEnough,
  isStuck,
  mayAgree,
  type Ownership,
  ownershipOf,
  type Person,
  type Standing,
  setOf,
  silentWords,
  standingOf,
  standingOfReplace,
  standingWords,
} from './rules.ts'
import { numberOf } from './signed.ts'
import { type ConsentRow, ownerStore } from './store.ts'

export type ConsentParts = {
  clock: Clock
  audit: Pick<Audit, 'record'>
  /** What of a wallet is signed and has not left is looked at again, with what is not signed yet. */
  nextVersion(db: Handle, walletId: string): Promise<number>
  networks(wallet: Wanted['wallet']): readonly Network[]
  findNetwork(id: string): Network | undefined
}
/** What owners are asked for, of which wallet. */
export type Wanted = {
  readonly wallet: Pick<WalletRow, 'id' | 'chain' | 'environment'>
  readonly action: Action
  readonly subject: Subject
}
/** One of those who own a wallet, or will, and what they sign with. */
type Signer = { readonly person: Person; readonly credential: Credential }
/** What owners have said of something: enough of them, or who still has to. */
export type Agreement = { readonly voices: readonly ConsentRow[]; readonly standing: Standing }
/** With the time at which what they signed was used, once enough have. */
export type Taken = Agreement & { readonly at: number }

/** Voices of owners count for so long, where what they are about does not end by itself. */
const VOICES_MS = 24 * 3_600_000

/** Who owns a wallet. */
export const ownerOf = async (db: Handle, walletId: string): Promise<Ownership> =>
  ownershipOf(await ownerStore.ofWallets(db, [walletId]))

/** What owners signed of a transaction, a wallet or a request, oldest first. */
export const signedFor = (db: Handle, subject: string, action: Action): Promise<ConsentRow[]> =>
  ownerStore.consentsOn(db, subject, action)

/** The passkey with which an owner signed, where it was one. */
export const passkeyIn = ({ public_key: publicKey, rp_id: rpId }: Pick<ConsentRow, 'public_key' | 'rp_id'>) =>
  publicKey !== null && rpId !== null ? { passkey: { rpId, publicKey } } : {}

type AskedBy = { readonly by: Signer; readonly needed: number }
/** The text that asks one owner for one thing. Failure CHAIN_NOT_SUPPORTED. */
export function askedOf(parts: ConsentParts, wanted: Wanted, { by, needed }: AskedBy): Asked {
  const { wallet, action, subject } = wanted
  const about = { walletId: wallet.id, action, subject, ...(actions[action].namesNeeded && { needed }) }
  const form = families[wallet.chain]?.owner
  if (!form) throw new Failure('CHAIN_NOT_SUPPORTED', `wallets of ${wallet.chain} have no owners in this release`)
  const { address, network: id, kind } = by.credential
  if (kind === 'passkey') return { form: { account: 'passkey' }, address, chainId: undefined, ...about }
  // A key is the same on each network: any will do, as long as it stays the same.
  const network = id === null ? parts.networks(wallet)[0] : parts.findNetwork(id)
  const chainId = form.namesChain ? numberOf(network) : undefined
  return { form, address, chainId, ...about }
}

/** Whose text it is: of the address that is named, else of who has yet to verify where that is what is asked, else of the first. */
export function signerOf(ownership: Ownership, action: Action, named?: string): Signer | undefined {
  const people = peopleFor(ownership, action)
  const signers = signersOf(ownership, action)
  const isOpen = ({ verifiedAt }: Person) => verifiedAt === null
  if (named !== undefined) return signers.find(({ credential }) => isSame(credential.address, named))
  const person = (action === 'verify' ? people.find(isOpen) : people.find((one) => !isOpen(one))) ?? people[0]
  return signers.find((one) => one.person === person && one.credential.address === person?.address)
}

/** However the letters of an EVM address are written. */
const isSame = (address: string, named: string): boolean =>
  address === named || (address.startsWith('0x') && address.toLowerCase() === named.toLowerCase())

/** Who may say it: of those who verify also the one who takes somebody's place thereby. */
const peopleFor = ({ owners, next }: Ownership, action: Action): Person[] =>
  action === 'verify' && next ? [next] : [...owners]
/**
 * What has not shown to be its owner's yet signs that it is, and nothing else. What another one has cut off still stops, since
 * that one may be what was stolen; and all that is cut off says who comes instead where nothing else can be agreed to.
 */
function signersOf(ownership: Ownership, action: Action): Signer[] {
  const isLast = action === 'replace' && isStuck(ownership)
  const mayStill = ({ cutOffAt, isContested }: Credential) =>
    cutOffAt === null || isLast || (isContested && actions[action].bySilent === true)
  return peopleFor(ownership, action)
    .flatMap((person) => person.credentials.map((credential) => ({ person, credential })))
    .filter(({ credential }) => credential.isProven || action === 'verify')
    .filter(({ credential }) => mayStill(credential))
}

type Taking = { parts: ConsentParts; wanted: Wanted }
type Checked = { readonly consent: ConsentRow; readonly ownership: Ownership } & Signer

/**
 * Whether an owner signed exactly this, as an owner of this wallet, and it was not used; what is kept of it. Failures
 * OWNER_NOT_CONNECTED, OWNER_CONSENT_REQUIRED, INVALID_SIGNATURE, INVALID_NONCE.
 */
export async function checkConsent(db: Handle, { parts, wanted }: Taking, signed: OwnerSignature): Promise<Checked> {
  const { wallet, action, subject } = wanted
  const ownership = await ownerOf(db, wallet.id)
  const by = requireSigner(ownership, wanted, signed)
  const giver = await ownerStore.challenges(db)
  const about = actions[action].byNonce?.(subject)
  const nonce = goodNonce(giver, signed.message, { about: about ?? '', now: parts.clock.latest() })
  const isText = nonce !== signed.message || about === undefined
  if (isText) {
    const asked = askedOf(parts, wanted, { by: namedIn(signed.message, by), needed: ownership.needed })
    assertAsks(giver!, asked, signed.message)
  }
  if (await ownerStore.consent(db, nonce)) throw used()
  const row = { nonce, action, subject: subject.id, digest: subject.digest, wallet_id: wallet.id }
  const { address, network, message, signature } = signed
  return {
    ownership,
    ...by,
    consent: {
      ...{ ...row, owner_id: by.person.id, address, network, message, signature, at: parts.clock.now() },
      ...{ credential_id: by.credential.id, content: contentOf(ownership, subject), spent_at: null },
      ...{ public_key: by.credential.publicKey, rp_id: by.credential.rpId, needed: ownership.needed },
    },
  }
}

function requireSigner(ownership: Ownership, { wallet, action }: Wanted, signed: OwnerSignature): Signer {
  const people = peopleFor(ownership, action)
  if (people.length === 0) throw new Failure('OWNER_NOT_CONNECTED', `wallet ${wallet.id} has no owner`)
  const by = signersOf(ownership, action).find(
    ({ credential }) => credential.address === signed.address && credential.network === signed.network,
  )
  if (!by)
    throw new Failure(
      'INVALID_SIGNATURE',
      `expected a signature of the owner ${people.map(({ address }) => address).join(' or ')}, got one of ${signed.address}`,
    )
  if ((ownership.state !== 'LOCKED' || by.person.verifiedAt === null) && !actions[action].byUnverified)
    throw new Failure('OWNER_CONSENT_REQUIRED', 'the owner has to verify first')
  if (!mayAgree(by.person) && !actions[action].bySilent && !(action === 'replace' && isStuck(ownership)))
    throw new Failure('OWNER_CONSENT_REQUIRED', silentWords(by.person))
  return by
}

/** Whose text was signed: a passkey signs that of its owner's wallet too. */
function namedIn(message: string, by: Signer): Signer {
  const address = addressIn(message)
  const credential = by.credential.kind === 'passkey' && by.person.credentials.find((one) => one.address === address)
  return credential ? { ...by, credential } : by
}

/** Takes what one owner signed and uses it up, in the job of what it allows; the job holds the wallet. */
export async function takeConsent(db: Handle, taking: Taking, signed: OwnerSignature): Promise<ConsentRow> {
  const { consent, ownership, person, credential } = await checkConsent(db, taking, signed)
  if (!(await ownerStore.insertConsent(db, consent))) throw used()
  const { parts, wanted } = taking
  if (actions[wanted.action].verifies)
    await verified(db, ownership, { parts, wallet: wanted.wallet, person, credential, signed })
  return consent
}

/** The same; where enough owners have said so with it, what all of them signed is used up. */
export async function agree(db: Handle, taking: Taking, signed: OwnerSignature): Promise<Taken> {
  const consent = await takeConsent(db, taking, signed)
  const { parts, wanted } = taking
  const { action, subject, wallet } = wanted
  const { voices, standing } = await voicesOn(db, wanted, parts.clock.latest())
  if (standing.needed > 1) {
    const details = { action, digest: subject.digest, words: subject.words, nonce: consent.nonce, ...counted(standing) }
    const by = { actor: `owner:${signed.address}`, ip: signed.ip } as const
    const about = action === 'approve' ? { txId: subject.id } : {}
    await parts.audit.record(db, { event: 'OWNER_AGREED', ...by, walletId: wallet.id, ...about, details })
  }
  // The same time for all: a receipt knows them by it.
  const at = parts.clock.now()
  if (isEnough(standing)) for (const { nonce } of voices) await ownerStore.spend(db, nonce, at)
  return { voices, standing, at }
}
/** In words too: not all that an owner reads is in the digest. */
const contentOf = (ownership: Ownership, { digest, words }: Subject): string =>
  sha256(JSON.stringify([setOf(ownership), digest, words]))
const counted = ({ needed, agreed }: Standing) => ({ agreed: agreed.length, needed })

/** What owners have said of it that counts: of exactly this, as those who own the wallet now, and not long ago. */
export async function voicesOn(db: Handle, { wallet, action, subject }: Wanted, now: number): Promise<Agreement> {
  const ownership = await ownerOf(db, wallet.id)
  const rows = await signedFor(db, subject.id, action)
  const asked = contentOf(ownership, subject)
  // A key that was taken away and came back is another credential, and has not said anything yet.
  const signing = new Set(ownership.owners.flatMap(({ credentials }) => credentials.map(({ id }) => id)))
  const voices = rows.filter(
    ({ at, content, spent_at, wallet_id, credential_id }) =>
      wallet_id === wallet.id &&
      content === asked &&
      credential_id !== null &&
      signing.has(credential_id) &&
      spent_at === null &&
      (action === 'approve' || at + VOICES_MS > now),
  )
  const standing = action === 'replace' ? standingOfReplace(ownership, voices) : standingOf(ownership, voices)
  return { voices, standing }
}

/** Once what was said is stored: Failure OWNER_CONSENT_REQUIRED where others have to say it too. */
export function requireEnough(standing: Standing): void {
  if (isEnough(standing)) return
  throw new Failure('OWNER_CONSENT_REQUIRED', `${standingWords(standing)}. What was agreed to is kept for a day`, {
    details: { ...standing },
  })
}

const used = () => new Failure('INVALID_NONCE', 'the signature was used before: each is good once')

type Verifying = Signer & { parts: ConsentParts; wallet: Wanted['wallet']; signed: OwnerSignature }

/** Whoever signed has shown to be an owner; whose place it takes is it no more. */
async function verified(db: Handle, { owners, next }: Ownership, verifying: Verifying) {
  const { parts, wallet, person, credential, signed } = verifying
  if (person.verifiedAt !== null && credential.isProven) return
  if (!credential.isProven) await ownerStore.prove(db, credential.id)
  const replaced = next?.id === person.id ? owners.find(({ id }) => id === next.replaces) : undefined
  if (person.verifiedAt === null) await ownerStore.verify(db, person.id, parts.clock.now())
  // From the first one on the operator alone lets nothing more out, nor what is on its way.
  await takeAway(parts, db, { walletId: wallet.id, people: replaced ? [replaced] : [] })
  const by = { actor: `owner:${signed.address}`, ip: signed.ip } as const
  const details = { address: signed.address, replaced: replaced?.address ?? null }
  await parts.audit.record(db, { event: 'OWNER_VERIFIED', ...by, walletId: wallet.id, details })
}
