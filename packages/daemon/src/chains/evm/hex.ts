import { keccak_256 } from '@noble/hashes/sha3.js'

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
