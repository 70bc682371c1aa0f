import { keccak_256 } from '@noble/hashes/sha3.js'
import { OddAnswer, wholeOr } from '../answers.ts'

export const keccak = (bytes: Uint8Array): Uint8Array => keccak_256(bytes)

/** 0x and two digits a byte. */
export const toHex = (bytes: Uint8Array): string =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`

const isHex = (text: string): boolean => /^0x(?:[0-9a-f]{2})*$/i.test(text)

/** Bytes of 0x-prefixed hex with an even number of digits. */
export function fromHex(hex: string): Buffer {
  if (!isHex(hex)) throw new RangeError(`expected 0x and an even number of hex digits, got ${hex.slice(0, 80)}`)
  return Buffer.from(hex.slice(2), 'hex')
}

/** Reads a number of JSON-RPC, also where a node writes it in another way; an OddAnswer for anything else. */
export function readQuantity(value: unknown): bigint {
  const number = quantityOr(value)
  if (number === undefined) throw new OddAnswer('a number', value)
  return number
}

/** The same; undefined for anything else. No number of a chain has more than 256 bits. */
export function quantityOr(value: unknown): bigint | undefined {
  const isText = typeof value === 'string' && /^(?:0x[0-9a-f]{1,64}|\d{1,77})$/i.test(value)
  const number = isText ? BigInt(value) : wholeOr(value)
  return number !== undefined && number < 2n ** 256n ? number : undefined
}

/** A number that counts: a height, a nonce, a time. */
export function readCount(value: unknown): number {
  const number = readQuantity(value)
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw new OddAnswer('a number below 2^53', value)
  return Number(number)
}

/** 32 bytes in lower-case hex. */
export function readHash(value: unknown, expected: string): string {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{64}$/i.test(value)) throw new OddAnswer(expected, value)
  return value.toLowerCase()
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
