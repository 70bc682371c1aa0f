import { createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { Failure } from '@waiaas/contract'
import { sha256 } from '../platform/sha256.ts'

/** The page that passkeys are of (WebAuthn Level 3). */
export type RelyingParty = { readonly id: string; readonly origin: string }
/** A passkey: base64url, and x and y of its P-256 key as 128 hex digits. */
export type Passkey = { readonly credentialId: string; readonly publicKey: string }
/** What an authenticator signed, as the browser gives it. */
export type Assertion = {
  readonly authenticatorData: Uint8Array
  readonly clientDataJSON: Uint8Array
  readonly signature: Uint8Array
}

/** Offsets and sizes of authenticator data, section 6.1. */
const RP_HASH = 32
const FLAGS = 32
const COUNT = 33
const HEAD = 37
const AAGUID = 16
const MOST_ID = 1_023
/** Bits of its flags. */
const PRESENT = 0x01
const VERIFIED = 0x04
const ELIGIBLE = 0x08
const BACKED_UP = 0x10
const ATTESTED = 0x40
const EXTENDED = 0x80
/** A COSE key of ES256 in the one form that CTAP2 has for it: {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
const COSE = /^a5010203262001215820([0-9a-f]{64})225820([0-9a-f]{64})$/

/**
 * The relying party of the address under which people reach the daemon; undefined where browsers have no passkeys: that takes
 * https with a name, or this machine.
 */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const url = URL.parse(publicUrl)
  if (!url) return undefined
  const { protocol, hostname, origin } = url
  const isNamed = !/^[\d.]+$|^\[/.test(hostname)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')
  return isSafe && isNamed ? { id: hostname, origin } : undefined
}

/** The challenge of a text: its hash, so that the passkey signs the text itself. */
export const challengeOf = (text: string): string => Buffer.from(sha256(text), 'hex').toString('base64url')

/**
 * The passkey that a browser has made, without attestation. Failure INVALID_SIGNATURE. `challenge` is base64url, as
 * `challengeOf` makes it.
 */
export function madePasskey(
  rp: RelyingParty,
  { authenticatorData, clientDataJSON }: Omit<Assertion, 'signature'>,
  challenge: string,
): Passkey & { readonly signCount: number } {
  requireClient(clientDataJSON, { type: 'webauthn.create', challenge, origin: rp.origin })
  const data = Buffer.from(authenticatorData)
  const { flags, signCount } = headOf(rp, data)
  if (!(flags & ATTESTED) || flags & EXTENDED) throw refused('it has no key, or more than one')
  const length = data.length >= HEAD + AAGUID + 2 ? data.readUInt16BE(HEAD + AAGUID) : 0
  if (length === 0 || length > MOST_ID) throw refused('its id has no length that ids have')
  const from = HEAD + AAGUID + 2
  const [, x, y] = COSE.exec(data.subarray(from + length).toString('hex')) ?? []
  if (x === undefined || y === undefined) throw refused('its key is none of P-256, as ES256 asks for')
  keyOf(x + y)
  return { credentialId: data.subarray(from, from + length).toString('base64url'), publicKey: x + y, signCount }
}

/** How often the passkey has signed, as it says. Failure INVALID_SIGNATURE unless it signed exactly this challenge. */
export function assertedCount(
  rp: RelyingParty,
  { passkey, challenge }: { passkey: Passkey; challenge: string },
  { authenticatorData, clientDataJSON, signature }: Assertion,
): number {
  requireClient(clientDataJSON, { type: 'webauthn.get', challenge, origin: rp.origin })
  const data = Buffer.from(authenticatorData)
  const { flags, signCount } = headOf(rp, data)
  if (data.length !== HEAD || flags & (ATTESTED | EXTENDED)) throw refused('it says more than that somebody was there')
  const signed = Buffer.concat([data, Buffer.from(sha256(Buffer.from(clientDataJSON)), 'hex')])
  if (!verify('sha256', signed, { key: keyOf(passkey.publicKey), dsaEncoding: 'der' }, signature))
    throw refused('the signature is not one of this passkey')
  return signCount
}

/** A passkey that counts never counts back, or somebody has a copy of it; those that do not count say 0. */
export const hasAdvanced = (before: number, now: number): boolean => now > before || (now === 0 && before === 0)

/** The page that client data is of, as it says. Failure INVALID_SIGNATURE. */
export const originIn = (clientDataJSON: Uint8Array): string => String(clientOf(clientDataJSON).origin)

type Client = { type: string; challenge: string; origin: string }

function requireClient(bytes: Uint8Array, wanted: Client): void {
  const client = clientOf(bytes)
  if (client.type !== wanted.type) throw refused(`expected ${wanted.type}`)
  if (client.challenge !== wanted.challenge) throw refused('it was made for something else')
  if (client.origin !== wanted.origin) throw refused(`expected it from the page at ${wanted.origin}`)
  if (client.crossOrigin === true || client.topOrigin !== undefined) throw refused('it was made within another page')
}

function clientOf(bytes: Uint8Array): Record<string, unknown> {
  try {
    const client: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof client === 'object' && client !== null) return client as Record<string, unknown>
  } catch (cause) {
    throw refused('its client data cannot be read', cause)
  }
  throw refused('its client data cannot be read')
}

function headOf(rp: RelyingParty, data: Buffer): { flags: number; signCount: number } {
  if (data.length < HEAD) throw refused('its authenticator data is too short')
  if (!timingSafeEqual(data.subarray(0, RP_HASH), Buffer.from(sha256(rp.id), 'hex')))
    throw refused(`it is not of ${rp.id}`)
  const flags = data.readUInt8(FLAGS)
  if (!(flags & PRESENT) || !(flags & VERIFIED)) throw refused('nobody was asked who they are: no user was verified')
  if (flags & BACKED_UP && !(flags & ELIGIBLE)) throw refused('its flags contradict each other')
  return { flags, signCount: data.readUInt32BE(COUNT) }
}

/** Failure INVALID_SIGNATURE: the point is not on the curve. */
function keyOf(publicKey: string): KeyObject {
  const part = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
  try {
    const key = { kty: 'EC', crv: 'P-256', x: part(publicKey.slice(0, 64)), y: part(publicKey.slice(64)) }
    return createPublicKey({ key, format: 'jwk' })
  } catch (cause) {
    throw refused('its key is none of P-256, as ES256 asks for', cause)
  }
}

const refused = (why: string, cause?: unknown) =>
  new Failure('INVALID_SIGNATURE', `the passkey is not taken: ${why}`, cause === undefined ? {} : { cause })
