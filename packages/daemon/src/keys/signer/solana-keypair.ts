import { invalid } from './invalid.ts'

/** The bytes of a keypair file of Solana's tools: a list of 64 numbers, or of 32 without the public half. */
export function readSolanaKeypair(numbers: unknown): Uint8Array {
  const expected =
    'expected a Solana keypair file, a JSON list of 64 numbers from 0 to 255 (or 32, the secret half alone)'
  if (!Array.isArray(numbers)) return invalid(`${expected}, got ${shapeOf(numbers)}`)
  if (numbers.length !== 64 && numbers.length !== 32) return invalid(`${expected}, got a list of ${numbers.length}`)
  const odd = numbers.findIndex((value) => !isByte(value))
  if (odd >= 0) return invalid(`${expected}; entry ${odd + 1} is none`)
  return Uint8Array.from(numbers as number[]) // every entry was looked at
}

const isByte = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255

function shapeOf(value: unknown): string {
  if (value === undefined) return 'text that is no JSON: a key in base58 or hexadecimal has the format private-key'
  return typeof value === 'object' ? 'another JSON file' : 'a single value'
}
