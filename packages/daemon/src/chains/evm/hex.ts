import { keccak_256 } from '@noble/hashes/sha3.js'
import { Failure } from '@waiaas/contract'

export const keccak = (bytes: Uint8Array): Uint8Array => keccak_256(bytes)

/** 0x and two digits a byte. */
export const toHex = (bytes: Uint8Array): string =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`

/** Bytes of 0x-prefixed hex with an even number of digits. */
export function fromHex(hex: string): Buffer {
  if (!/^0x(?:[0-9a-f]{2})*$/i.test(hex))
    throw new RangeError(`expected 0x and an even number of hex digits, got ${hex.slice(0, 80)}`)
  return Buffer.from(hex.slice(2), 'hex')
}

/** Reads a number of JSON-RPC; Failure CHAIN_ERROR when a node answered something else. */
export function readQuantity(value: unknown): bigint {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,64}$/i.test(value)) return BigInt(value)
  throw new Failure('CHAIN_ERROR', `a node answered ${String(value).slice(0, 40)} where a number belongs`)
}

/** A number as JSON-RPC writes it. */
export const quantity = (value: bigint | number): string => `0x${value.toString(16)}`

/** Big-endian number of any length; nothing is zero. */
export const toBigInt = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(toHex(bytes)))

/** The fewest big-endian bytes of a number: none for zero, as RLP wants it. */
export function minimalBytes(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0)
  const digits = value.toString(16)
  return Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex')
}
