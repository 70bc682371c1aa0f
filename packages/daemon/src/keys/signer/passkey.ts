import { createPublicKey, hash, verify } from 'node:crypto'
import type { PasskeyAccount } from '../owner-account.ts'
import { isRecord } from './invalid.ts'

// What a passkey has signed (WebAuthn Level 3, section 7.2), read by the signer alone.

/** Of authenticator data: the hash of the host, one byte of flags, a count, and nothing behind it. */
const FLAGS = 32
const HEAD = 37
/** Bits of the flags. */
const [PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED, EXTENDED] = [0x01, 0x04, 0x08, 0x10, 0x40, 0x80]
const MOST_BYTES = 4_096

/** Has the passkey signed exactly this text, on a page of its host, with the user verified? */
export function isSignedByPasskey(passkey: PasskeyAccount, text: string, signature: Uint8Array): boolean {
  const parts = partsOf(signature)
  if (!parts) return false
  const { authenticatorData: data, clientDataJSON, signature: signed } = parts
  if (!isFor(clientDataJSON, passkey, text) || !isOf(data, passkey)) return false
  return isSigned(passkey, Buffer.concat([data, digestOf(clientDataJSON)]), signed)
}

type Parts = Record<'authenticatorData' | 'clientDataJSON' | 'signature', Buffer>
function partsOf(signature: Uint8Array): Parts | undefined {
  if (!(signature instanceof Uint8Array) || signature.length > MOST_BYTES) return undefined
  const json = readJson(Buffer.from(signature))
  const [authenticatorData, clientDataJSON, signed] = ['authenticatorData', 'clientDataJSON', 'signature'].map((name) =>
    bytesOf(json?.[name]),
  )
  return authenticatorData && clientDataJSON && signed
    ? { authenticatorData, clientDataJSON, signature: signed }
    : undefined
}

const bytesOf = (text: unknown): Buffer | undefined =>
  typeof text === 'string' && /^[A-Za-z0-9_-]+$/.test(text) ? Buffer.from(text, 'base64url') : undefined

/** The challenge is the hash of the text; within another page it would not be seen what is signed. */
function isFor(clientDataJSON: Buffer, { rpId }: PasskeyAccount, text: string): boolean {
  const client = readJson(clientDataJSON)
  return (
    client?.type === 'webauthn.get' &&
    client.challenge === digestOf(Buffer.from(text, 'utf8')).toString('base64url') &&
    isPageOf(rpId, client.origin) &&
    client.crossOrigin !== true &&
    client.topOrigin === undefined
  )
}

function isPageOf(rpId: string, origin: unknown): boolean {
  const url = typeof origin === 'string' ? URL.parse(origin) : null
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && rpId === 'localhost')
  return isSafe && url.hostname === rpId && url.origin === origin
}

function isOf(data: Buffer, { rpId }: PasskeyAccount): boolean {
  if (data.length !== HEAD || !data.subarray(0, FLAGS).equals(digestOf(Buffer.from(rpId, 'utf8')))) return false
  const flags = data.readUInt8(FLAGS)
  const has = (bit: number) => (flags & bit) !== 0
  return has(PRESENT) && has(VERIFIED) && !has(ATTESTED) && !has(EXTENDED) && (!has(BACKED_UP) || has(ELIGIBLE))
}

function isSigned({ publicKey }: PasskeyAccount, bytes: Buffer, signature: Buffer): boolean {
  const part = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: part(publicKey.slice(0, 64)), y: part(publicKey.slice(64)) }
  try {
    return verify('sha256', bytes, { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'der' }, signature)
  } catch {
    // A point that is not on the curve has signed nothing.
    return false
  }
}

function readJson(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(read) ? read : undefined
  } catch {
    // What cannot be read says nothing.
    return undefined
  }
}

const digestOf = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'hex'), 'hex')
