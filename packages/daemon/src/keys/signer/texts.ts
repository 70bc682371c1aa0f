import { keccak_256 } from '@noble/hashes/sha3.js'
import { base58 } from '@scure/base'
import type { SignKind, TextKind } from '../types.ts'
import { refuse } from './refuse.ts'

/** 64 times what people read at once. */
const MOST_BYTES = 32_000
/** Characters that no person sees, but line feeds, tabs and what joins emoji. */
const UNSEEN = /[^\P{C}\n\t\u200d]/u
const CODED = /^(0x[0-9a-fA-F]*|[-A-Za-z0-9+/_]{64,}={0,2})$/

type Mark = (text: Uint8Array, publicKey: Uint8Array) => Uint8Array

/** What goes into the curve of a text: with the mark in front that no transaction has, or a form that none has. */
const marked: Record<TextKind, Mark> = {
  'evm-text': personalHash,
  'solana-text': offchain,
  'solana-sign-in': signIn,
}

/** Of a text, as EIP-191 has it. */
export function personalHash(text: Uint8Array): Uint8Array {
  return keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`, 'latin1'), text]))
}

/** A host that begins with a letter or a digit, and on the next line the account; then fields and a sentence, if any. */
const SIGN_IN =
  /^[0-9A-Za-z][-.:0-9A-Za-z]{0,260} wants you to sign in with your Solana account:\n(?<account>\w+)(\n\n|$)/

/**
 * The text itself. Of a message of the network its first byte would be the number of signatures, 48 or more, each beside a
 * key: no transaction has as many bytes.
 */
function signIn(text: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const found = SIGN_IN.exec(Buffer.from(text).toString('utf8'))
  if (found?.groups?.account !== base58.encode(publicKey)) refuse('not a sign-in with this Solana account')
  return text
}

/** Version 0, of no application, by this signer alone: https://docs.anza.xyz/proposals/off-chain-message-signing */
function offchain(text: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const mark = Buffer.from('\xffsolana offchain\0', 'latin1')
  const format = text.length + 85 > 1_232 ? 2 : /^[\x20-\x7e]*$/.test(Buffer.from(text).toString('latin1')) ? 0 : 1
  const length = Buffer.of(text.length & 0xff, text.length >> 8)
  return Buffer.concat([mark, Buffer.alloc(32), Buffer.of(format, 1), publicKey, length, text])
}

export const isText = (kind: SignKind): kind is TextKind => Object.hasOwn(marked, kind)

/** What is signed of words. Refuses all that people cannot read: hashes and transactions, in whatever letters, are such. */
export function markedText(kind: TextKind, payload: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (payload.length > MOST_BYTES) refuse(`a text has ${MOST_BYTES} bytes at most`)
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(payload)) refuse('a text is in UTF-8')
  if (UNSEEN.test(text) || text.trim() === '') refuse('a text is what people can read')
  if (CODED.test(text.trim())) refuse('a text is no hash and no encoding of bytes')
  return marked[kind](payload, publicKey)
}
