import { createRequire } from 'node:module'
import { Failure } from '@waiaas/contract'
import { recent } from '../../platform/recent.ts'
import type { Signed } from '../build.ts'
import { keccak, minimalBytes, toBigInt, toHex } from './hex.ts'
import { encodeItems, listContent, listOf } from './rlp.ts'
import { decodeUnsigned } from './transaction.ts'

// EIP-2: the other half of the curve would give every transaction a second hash.
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** Joins unsigned bytes and a signature of 65 bytes (r, s, y parity as 0 or 1). Throws unless the sender signed exactly these bytes. */
export function addSignature(sender: string, unsigned: Uint8Array, signature: Uint8Array): Signed {
  const signer = recoveredSigner(keccak(unsigned), signature)
  if (signer !== sender.toLowerCase())
    throw new Failure('INVALID_TRANSACTION', `expected a signature by ${sender}, got one by ${signer}`)
  const bytes = signedBytes(unsigned, signature, signature[64]!)
  return { hash: toHex(keccak(bytes)), bytes }
}

/** The account that signed a hash with 65 bytes (r, s, y parity as 0 or 1), in lower case. */
export function recoveredSigner(hash: Uint8Array, signature: Uint8Array): string {
  if (signature.length !== 65) throw new Error(`expected a signature of 65 bytes, got ${signature.length}`)
  const parity = signature[64]!
  if (parity > 1) throw new Error(`expected a y parity of 0 or 1, got ${parity}`)
  if (toBigInt(signature.subarray(32, 64)) > halfOrder) throw new Error('expected a signature with a low s (EIP-2)')
  return addressOf(recoverKey(signature, parity, hash))
}

function signedBytes(unsigned: Uint8Array, signature: Uint8Array, parity: number): Uint8Array {
  const [r, s] = [withoutZeros(signature.subarray(0, 32)), withoutZeros(signature.subarray(32, 64))]
  const isTyped = unsigned[0]! < 0xc0
  if (isTyped) {
    const tail = encodeItems([minimalBytes(BigInt(parity)), r, s])
    return listOf([listContent(unsigned.subarray(1)), tail], unsigned[0])
  }
  const { chainId } = decodeUnsigned(unsigned)
  const tail = encodeItems([minimalBytes(BigInt(chainId) * 2n + 35n + BigInt(parity)), r, s])
  const chainAndEmpty = encodeItems([minimalBytes(BigInt(chainId)), new Uint8Array(), new Uint8Array()])
  return listOf([listContent(unsigned).subarray(0, -chainAndEmpty.length), tail])
}

/** A number's bytes as RLP wants them. */
const withoutZeros = (bytes: Uint8Array): Uint8Array => bytes.subarray(bytes.findIndex((byte) => byte !== 0))

/** Those of the keys that sign here, each of which signs many times. */
const addresses = recent<string>(1_000)

function addressOf(publicKey: Uint8Array): string {
  const key = toHex(publicKey)
  const known = addresses.get(key)
  if (known !== undefined) return known
  const address = toHex(keccak(publicKey.subarray(1)).subarray(12))
  addresses.put(key, address)
  return address
}

type Recover = (signature: Uint8Array, recovery: number, hash: Uint8Array, compressed: boolean) => Uint8Array

const recoverKey = loadRecover()

function loadRecover(): (signature: Uint8Array, parity: number, hash: Uint8Array) => Uint8Array {
  const require = createRequire(import.meta.url)
  try {
    // The package's own entry would fall back to an unaudited implementation.
    const { ecdsaRecover } = require('secp256k1/bindings.js') as { ecdsaRecover: Recover }
    return (signature, parity, hash) => ecdsaRecover(signature.subarray(0, 64), parity, hash, false)
  } catch {
    // No binary for this platform: noble is slower and gives the same keys.
    const { secp256k1 } = require('@noble/curves/secp256k1.js') as typeof import('@noble/curves/secp256k1.js')
    return (signature, parity, hash) =>
      secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact')
        .addRecoveryBit(parity)
        .recoverPublicKey(hash)
        .toBytes(false)
  }
}
