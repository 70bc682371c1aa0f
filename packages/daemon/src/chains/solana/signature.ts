import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Address, getAddressEncoder, getBase58Decoder } from '@solana/kit'
import { Failure } from '@waiaas/contract'
import type { Signed } from '../build.ts'
import { type Frame, signatureSize } from './frame.ts'
import { readWire, writeWire } from './wire.ts'

// SubjectPublicKeyInfo of an Ed25519 key, up to the key itself: RFC 8410.
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const toBytes = getAddressEncoder()
const base58 = getBase58Decoder()
const keys = new Map<string, KeyObject>()
const mostKeys = 10_000

type Unsigned = { readonly bytes: Uint8Array; readonly message: Pick<Frame, 'signers'> }

/** Joins a message and its one signature into wire bytes; Failure INVALID_TRANSACTION when they do not belong together. */
export function addSignature(sender: Address, { bytes, message }: Unsigned, signature: Uint8Array): Signed {
  const { signers } = message
  if (signers.length !== 1 || signers[0] !== sender)
    throw new Failure('INVALID_TRANSACTION', `expected ${sender} as the only signer, got ${signers.join(', ')}`)
  if (!isSignedBy(sender, bytes, signature))
    throw new Failure('INVALID_TRANSACTION', `the signature over these bytes is not one of ${sender}`)
  return { hash: base58.decode(signature), bytes: writeWire({ message: bytes, signatures: [signature] }) }
}

/** The account has signed exactly these bytes. */
export const isSignedBy = (account: Address, bytes: Uint8Array, signature: Uint8Array): boolean =>
  signature.length === signatureSize && verify(null, bytes, publicKey(account), signature)

/** The first signature of wire bytes, which is their hash. */
export const hashOf = (wire: Uint8Array): string => base58.decode(readWire(wire).signatures[0]!)

function publicKey(address: Address): KeyObject {
  const known = keys.get(address)
  if (known) return known
  const der = Buffer.concat([spkiPrefix, Buffer.from(toBytes.encode(address))])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  if (keys.size >= mostKeys) keys.clear()
  keys.set(address, key)
  return key
}
