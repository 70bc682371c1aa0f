import { Failure } from '@waiaas/contract'

/** Failure CHAIN_ERROR of an answer that has another shape than its method promises. */
export class OddAnswer extends Failure {
  constructor(expected: string, got: unknown) {
    super('CHAIN_ERROR', `expected ${expected} from a node, got ${shown(got)}`)
  }
}

/** The fields of a JSON object; an OddAnswer for anything else. */
export function fieldsOf(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new OddAnswer(expected, value)
  // An object that JSON made has no other keys than text.
  return value as Record<string, unknown>
}

export function listOf(value: unknown, expected: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new OddAnswer(expected, value)
  return value
}

const largestU64 = 2n ** 64n - 1n

/** A whole number of 64 bits that was read exactly: above 2^53 only as bigint, for there a JSON number is rounded. */
export function wholeNumber(value: unknown, expected: string): bigint {
  const number = wholeOr(value)
  if (number === undefined || number > largestU64)
    throw new OddAnswer(`${expected} as a whole number that was not rounded`, value)
  return number
}

export function wholeOr(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value < 0n ? undefined : value
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined
}

/** The same for what is counted: slots, heights, seconds. */
export function countOf(value: unknown, expected: string): number {
  const number = wholeNumber(value, expected)
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw new OddAnswer(`${expected} below 2^53`, value)
  return Number(number)
}

/** Reads an answer that may be odd; `otherwise` hears why. Any other error is not the node's. */
export function readOr<T, E>(read: () => T, otherwise: (odd: OddAnswer) => E): T | E {
  try {
    return read()
  } catch (error) {
    if (error instanceof OddAnswer) return otherwise(error)
    throw error
  }
}

const depthMost = 6
const itemsMost = 20

/** What a node sent, for people, whatever it is. */
export const shown = (value: unknown, most = 120): string => render(value, 0).slice(0, most)

function render(value: unknown, depth: number): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 200))
  if (typeof value !== 'object' || value === null) return String(value)
  if (depth === depthMost) return '…'
  if (Array.isArray(value)) return `[${value.slice(0, itemsMost).map((item) => render(item, depth + 1))}]`
  const entries = Object.entries(value).slice(0, itemsMost)
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${render(item, depth + 1)}`)}}`
}
