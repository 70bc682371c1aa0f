import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Address, getAddressEncoder, getBase58Decoder } from '@solana/kit'
import { Failure } from '@waiaas/contract'
import type { Signed } from '../chain.ts'
import { readMessage } from './message.ts'

const signatureLength = 64
// SubjectPublicKeyInfo of an Ed25519 key, up to the key itself: RFC 8410.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const toBytes = getAddressEncoder()
const base58 = getBase58Decoder()
const keys = new Map<string, KeyObject>()
const mostKeys = 10_000

/** Joins a message and its one signature into wire bytes; Failure INVALID_TRANSACTION when they do not belong together. */
export function sealMessage(sender: Address, unsigned: Uint8Array, signature: Uint8Array): Signed {
  const { signers } = readMessage(unsigned)
  if (signers.length !== 1 || signers[0] !== sender)
    throw new Failure('INVALID_TRANSACTION', `expected ${sender} as the only signer, got ${signers.join(', ')}`)
  if (signature.length !== signatureLength || !verify(null, unsigned, publicKey(sender), signature))
    throw new Failure('INVALID_TRANSACTION', `the signature over these bytes is not one of ${sender}`)
  return { hash: base58.decode(signature), bytes: Buffer.concat([Uint8Array.of(1), signature, unsigned]) }
}

/** The message and the first signature of wire bytes with one signer, as `sealMessage` wrote them. */
export function openWire(bytes: Uint8Array): { hash: string; message: Uint8Array } {
  if (bytes[0] !== 1 || bytes.length <= 1 + signatureLength)
    throw new Failure('INVALID_TRANSACTION', 'expected a transaction with one signature')
  return { hash: base58.decode(bytes.subarray(1, 1 + signatureLength)), message: bytes.subarray(1 + signatureLength) }
}

function publicKey(address: Address): KeyObject {
  const known = keys.get(address)
  if (known) return known
  const der = Buffer.concat([spkiPrefix, Buffer.from(toBytes.encode(address))])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  if (keys.size >= mostKeys) keys.clear()
  keys.set(address, key)
  return key
}
