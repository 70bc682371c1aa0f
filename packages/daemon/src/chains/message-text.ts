import { Failure } from '@waiaas/contract'

/** Characters that no person sees, but line feeds, tabs and what joins emoji. */
const UNSEEN = /[^\P{C}\n\t\u200d]/u
/** A single word of the letters of hex, base58 and base64, as long as 32 bytes of hex or more. */
const ENCODED = /^[-A-Za-z0-9+/_]{64,}={0,2}$/
const HEX = /^0x[0-9a-f]*$/i

/**
 * Refuses what a person could not read before it is signed: Failure INVALID_TRANSACTION. Hashes and serialised transactions
 * in whatever letters are such, and clients do not agree on whether hex is a text or the bytes that it stands for.
 */
export function requireReadable(text: string): void {
  if (UNSEEN.test(text))
    throw unreadable('it has characters that cannot be seen, such as control characters or half of a pair')
  if (text.trim() === '') throw unreadable('it has nothing that can be seen')
  if (HEX.test(text) || ENCODED.test(text.trim()))
    throw unreadable('it is hex or another encoding, like a hash; send the text that people read')
}

const unreadable = (why: string) => new Failure('INVALID_TRANSACTION', `expected a text that people can read: ${why}`)

/** The bytes of a text, in UTF-8. Failure INVALID_TRANSACTION where it has half of a surrogate pair, which has none. */
export function textBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.toString('utf8') !== text) throw unreadable('it has half of a character')
  return bytes
}
