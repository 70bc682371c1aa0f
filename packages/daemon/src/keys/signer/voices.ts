import { hash } from 'node:crypto'
import { accountKey } from '../account-key.ts'
import { KeyError } from '../key-error.ts'
import { ownerKey, passkeyIn } from '../owner-account.ts'
import type { ApprovalProof, Ceiling, KnownOwners, OwnerWord, Sealed, Voice } from '../types.ts'
import { ceilingLines, feeIn, isCompared, paymentLines, signerLine } from './agreed.ts'
import type { Guarded } from './guarded.ts'
import type { Used } from './lifts.ts'
import { isSignedBy, readOwnerText } from './owner-text.ts'
import { isSignedByPasskey } from './passkey.ts'
import { paymentOf } from './payment.ts'
import type { Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { openText, sealText } from './seals.ts'

// A voice is what one owner has signed, checked while the signature was young. What waits for a transaction's own signature,
// or for the voices of other owners, is this text of the signer's own.

const MINUTE_MS = 60_000
/** The texts of the daemon are good for five. */
const LONGEST_MS = 6 * MINUTE_MS
/** So long a voice is good. */
const GOOD_MS = 24 * 60 * MINUTE_MS
const MOST_PROOFS = 32

/** What owners sign for the signer. */
const ACTIONS = ['approve', 'loosen'] as const
type Action = (typeof ACTIONS)[number]
/**
 * `signs` are the lines of the text that the signer compares, `by` is an account as it compares accounts, `said` names the
 * operator's last word on the ceiling.
 */
type VoiceText = {
  address: string
  by: string
  action: Action
  request: string
  signs: string[]
  said: number
  until: number
}

/** Whose wallet it is, who owns it, when the operator last said something of its ceiling, and the fingerprint of this signer's sealing key. */
type Place = {
  key: Guarded
  address: string
  owners: KnownOwners | undefined
  said: number
  signer: string
  now: number
}

/** SIGN_REFUSED of what no known owner of the wallet has signed, for this signer, within its time. */
export function makeVoice(
  { key, address, owners, said, signer, now }: Place,
  { by, message, signature }: Pick<OwnerWord, 'by' | 'message' | 'signature'>,
): Voice {
  const account = ownerKey(by)
  const person = account === undefined ? undefined : owners?.owners.find((one) => one.includes(account))
  if (account === undefined || !person) return refuse('the signer knows no such owner of the wallet')
  const { account: asked, expiresAt, request, resources } = readOwnerText(message)
  if (!hasSigned({ account, person, asked }, message, signature))
    return refuse('the signature over the text is not one of the owner')
  if (now >= expiresAt) refuse('the time of what the owner signed is over')
  if (expiresAt - now > LONGEST_MS) refuse("what the owner signed is from ahead of the signer's clock")
  const action = ACTIONS.find((one) => resources.filter((line) => line === `urn:waiaas:action:${one}`).length === 1)
  const actions = resources.filter((line) => line.startsWith('urn:waiaas:action:'))
  const [at, ...signs] = resources.filter(isCompared)
  if (action === undefined || actions.length !== 1) return refuse('the owner signed something else')
  if (at !== signerLine(signer)) refuse('what the owner signed is for another daemon')
  const text: VoiceText = { address, by: account, action, request, signs, said, until: now + GOOD_MS }
  return { ...sealText(key, 'voice', JSON.stringify(text)), until: text.until }
}

type Signing = { account: string; person: readonly string[]; asked: string }
/** A key signs its own text, a passkey its own or that of another account of the same owner. */
function hasSigned({ account, person, asked }: Signing, message: string, signature: Uint8Array): boolean {
  const passkey = passkeyIn(account)
  if (!passkey) return accountKey(asked) === account && isSignedBy(asked, message, signature)
  const isTheirs = asked === `passkey:${passkey.credentialId}` || person.includes(accountKey(asked) ?? '')
  return isTheirs && isSignedByPasskey(passkey, message, signature)
}

/** What is to be signed: `use` is its nonce, or the hash of its bytes where there are none. */
type Asking = { reading: Reading; use: string; proofs: readonly ApprovalProof[] }

/**
 * The use of what owners have approved above the ceiling, to be noted with its signature; or why it does not pass. One
 * request of theirs is one nonce of the chain, or one message where there are none.
 */
export function approved(place: Place & { used: Used }, { reading, use, proofs }: Asking): (() => void) | string {
  if (!Array.isArray(proofs) || proofs.length > MOST_PROOFS) return refuse(`expected at most ${MOST_PROOFS} proofs`)
  const lines = paymentLines(paymentOf(reading, place.address))
  const isThis = ({ action, signs }: VoiceText): boolean => {
    const fee = feeIn(signs.at(-1))
    return action === 'approve' && fee !== undefined && reading.fee <= fee && isSame(signs.slice(0, -1), lines)
  }
  const voices = proofs.flatMap((proof) => {
    if (proof?.type === 'password') return []
    return proof?.type === 'owner' ? [opened(place, proof)] : refuse('no such proof of an approval is known')
  })
  if (voices.length === 0) return 'its owners have not approved it'
  const [request = ''] = voices.map((voice) => voice.request)
  const why = missing(place, voices, (voice) => voice.request === request && isThis(voice))
  if (why !== undefined) return why
  const { used, now } = place
  const id = hash('sha256', `owners ${request}`).slice(0, 32)
  const before = used.use(id)
  if (before !== undefined && before !== use) return 'what its owners approved was used before'
  if (before === undefined && used.isFull())
    return 'too many are remembered as used; wait until the time of one is over'
  // Longer than any text that is still young could give a voice for it.
  return () => used.note(id, use, now + GOOD_MS + LONGEST_MS)
}

type Raise = { version: number; now: Ceiling; next: Ceiling; voices: readonly Sealed[] }

/** SIGN_REFUSED unless enough of the present owners agreed to exactly this ceiling in place of the present one. */
export function requireRaise(place: Place, { voices, ...raise }: Raise): void {
  if (!Array.isArray(voices) || voices.length > MOST_PROOFS) refuse(`expected at most ${MOST_PROOFS} voices`)
  const lines = ceilingLines({ address: place.address, ...raise })
  const read = voices.map((voice) => opened(place, voice))
  const why = missing(place, read, ({ action, signs }) => action === 'loosen' && isSame(signs, lines))
  if (why !== undefined)
    throw new KeyError('SIGN_REFUSED', `a higher ceiling takes the owners of the wallet too: ${why}`)
}

/** Why too few of the owners have agreed to what `isThis` says; undefined: enough have. */
function missing(
  { address, owners, said, now }: Place,
  voices: readonly VoiceText[],
  isThis: (voice: VoiceText) => boolean,
) {
  const { threshold, owners: known } = owners ?? refuse('the signer knows no owners of the wallet')
  const mine = voices.filter((voice) => voice.address === address && isThis(voice))
  const standing = mine.filter((voice) => voice.said === said)
  const good = standing.filter(({ until }) => now < until)
  const agreed = known.filter((one) => good.some(({ by }) => one.includes(by))).length
  if (agreed >= threshold) return undefined
  if (voices.length > 0 && mine.length === 0) return 'what was signed is about something else, or for a lower fee'
  if (mine.length > standing.length) return 'the operator has changed the ceiling since'
  if (standing.length > good.length) return 'the time of what was signed is over'
  return `${agreed} of the ${threshold} owners that it takes have agreed`
}

function opened({ key }: Place, { text, seal }: Sealed): VoiceText {
  return openText<VoiceText>(key, 'voice', { text, seal })
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((line, at) => line === others[at])
