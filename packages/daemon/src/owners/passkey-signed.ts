import { Failure, PASSKEY_PREFIX } from '@waiaas/contract'
import { z } from 'zod'
import type { OwnerSignature } from '../platform/caller.ts'
import type { Database } from '../platform/db/database.ts'
import { passkeyAccount, type SignedWord } from '../wallets/service.ts'
import { asksFor, type Giver, goodNonce, isBare } from './challenges.ts'
import { ownerStore, type PasskeyOf } from './store.ts'
import {
  type Assertion,
  assertedCount,
  challengeOf,
  hasAdvanced,
  originIn,
  type RelyingParty,
  relyingPartyOf,
} from './webauthn.ts'

export type PasskeySignedParts = {
  database: Database
  latest(): number
  giver(): Promise<Giver | undefined>
  /** What somebody has signed, for the signer. */
  hear(word: SignedWord & { address: string }): Promise<void>
  /** Whose passkeys are taken; undefined where there are none. */
  relyingParty(): RelyingParty | undefined
}
/** What came in the three headers. */
type PasskeyWord = {
  readonly address: string
  readonly message: string
  /** JSON of `authenticatorData`, `clientDataJSON` and `signature`, each base64url. */
  readonly signature: Uint8Array
  readonly asCame: string
}

const Bytes = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/)
  .transform((text) => Buffer.from(text, 'base64url'))
const Signed = z.strictObject({ authenticatorData: Bytes, clientDataJSON: Bytes, signature: Bytes })

export const isPasskey = (address: string): boolean => address.startsWith(PASSKEY_PREFIX)

/**
 * The owner whose passkey signed a text that this daemon gave, for the wallet that the passkey is of. Failures
 * INVALID_SIGNATURE, INVALID_NONCE, OWNER_NOT_CONNECTED.
 */
export async function signedByPasskey(
  parts: PasskeySignedParts,
  { address, message, signature, asCame }: PasskeyWord,
  ip: string | undefined,
): Promise<OwnerSignature> {
  const party = parts.relyingParty()
  if (!party) throw invalid('this daemon has no page that passkeys are of')
  const found = await parts.database.read((db) => ownerStore.passkeyAt(db, address))
  if (!found) throw new Failure('OWNER_NOT_CONNECTED', 'no owner of a wallet here has this passkey')
  if (isBare(message)) throw invalid('a passkey signs whole texts, not a nonce alone')
  goodNonce(await parts.giver(), message, { about: '', now: parts.latest() })
  // The daemon gave the text, and what comes before this line is one line each. To look is about no wallet.
  if (!asksFor(message, 'see') && !message.includes(`\n- urn:waiaas:wallet:${found.wallet_id}\n`))
    throw invalid('the passkey is the one of another wallet')
  await requireCount(parts, found, countOf(party, found, { message, assertion: assertionOf(signature) }))
  if (found.cut_off_at === null) await parts.hear({ address, by: accountOf(found), message, signature })
  return { address, network: null, message, signature: asCame, ip }
}

/** As the signer knows it. A passkey has all of them. */
export const accountOf = ({
  address,
  rp_id,
  public_key,
}: Pick<PasskeyOf, 'address' | 'rp_id' | 'public_key'>): string =>
  passkeyAccount({ rpId: rp_id!, credentialId: address.slice(PASSKEY_PREFIX.length), publicKey: public_key! })

type Asserted = { readonly message: string; readonly assertion: Assertion }

function countOf(party: RelyingParty, found: PasskeyOf, { message, assertion }: Asserted): number {
  if (found.rp_id !== party.id) throw invalid(`it is a passkey of ${found.rp_id}, and this page is at ${party.id}`)
  // A passkey has all of them.
  const passkey = { credentialId: found.address.slice(PASSKEY_PREFIX.length), publicKey: found.public_key! }
  return assertedCount(party, { passkey, challenge: challengeOf(message) }, assertion)
}

/** Writes down how often it has signed. Failure INVALID_SIGNATURE where that is less than before. */
async function requireCount({ database }: PasskeySignedParts, { id, sign_count }: PasskeyOf, now: number) {
  const before = sign_count!
  const isCounted =
    hasAdvanced(before, now) &&
    (await database.work({ exclusive: [`passkey:${id}`] }, (db) => ownerStore.count(db, { id, before, now })))
  if (!isCounted) throw invalid('it has signed more often than it says: somebody may have a copy of it')
}

/**
 * The address of the page on which a passkey signed a text, from what its authenticator signed alone. Failure
 * INVALID_SIGNATURE unless it did, for its host.
 */
export function passkeyPage(
  passkey: { rpId: string; publicKey: string },
  message: string,
  signature: Uint8Array,
): string {
  const assertion = assertionOf(signature)
  const party = relyingPartyOf(originIn(assertion.clientDataJSON))
  if (party?.id !== passkey.rpId) throw invalid(`it was signed on another page than those of ${passkey.rpId}`)
  const asked = { passkey: { credentialId: '', publicKey: passkey.publicKey }, challenge: challengeOf(message) }
  assertedCount(party, asked, assertion)
  return party.origin
}

/** Failure INVALID_SIGNATURE. */
export function assertionOf(signature: Uint8Array): Assertion {
  try {
    return Signed.parse(JSON.parse(Buffer.from(signature).toString('utf8')))
  } catch (cause) {
    throw invalid('expected JSON of authenticatorData, clientDataJSON and signature in X-Owner-Signature', cause)
  }
}

const invalid = (message: string, cause?: unknown) =>
  new Failure('INVALID_SIGNATURE', message, cause === undefined ? {} : { cause })
