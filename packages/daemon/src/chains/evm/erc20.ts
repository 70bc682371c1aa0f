import { fromHex, toBigInt } from './hex.ts'

/** First four bytes of the keccak hash of a function's signature. */
export const selectors = {
  transfer: '0xa9059cbb',
  transferFrom: '0x23b872dd',
  approve: '0x095ea7b3',
  increaseAllowance: '0x39509351',
  balanceOf: '0x70a08231',
  decimals: '0x313ce567',
  symbol: '0x95d89b41',
  name: '0x06fdde03',
} as const

/** Amounts that tokens and spenders take as "without limit". */
const boundless: ReadonlySet<bigint> = new Set([64n, 96n, 128n, 160n, 256n].map((bits) => 2n ** bits - 1n))
export const isBoundless = (amount: bigint): boolean => boundless.has(amount)

/** One ABI word. */
export const word = (value: bigint): string => value.toString(16).padStart(64, '0')
const addressWord = (address: string): string => address.slice(2).toLowerCase().padStart(64, '0')

export const transferData = (to: string, amount: bigint): string => selectors.transfer + addressWord(to) + word(amount)
export const balanceOfData = (owner: string): string => selectors.balanceOf + addressWord(owner)

export type TokenCall =
  | { readonly kind: 'transfer'; readonly to: string; readonly amount: bigint }
  | { readonly kind: 'transfer-from'; readonly from: string; readonly to: string; readonly amount: bigint }
  | { readonly kind: 'approve' | 'increase-allowance'; readonly spender: string; readonly amount: bigint }

/** Calldata of the ERC-20 functions that move money or let others move it; undefined unless it is exactly their clean ABI form. */
export function parseTokenCall(data: string): TokenCall | undefined {
  const selector = data.slice(0, 10)
  if (selector === selectors.transferFrom) {
    const words = cleanWords(data, ['address', 'address', 'amount'])
    return (
      words && { kind: 'transfer-from', from: tail(words[0]!), to: tail(words[1]!), amount: BigInt(`0x${words[2]}`) }
    )
  }
  const kind = pairKinds[selector]
  const words = kind && cleanWords(data, ['address', 'amount'])
  if (!kind || !words) return undefined
  const [party, amount] = [tail(words[0]!), BigInt(`0x${words[1]}`)]
  return kind === 'transfer' ? { kind, to: party, amount } : { kind, spender: party, amount }
}

const pairKinds: Record<string, 'transfer' | 'approve' | 'increase-allowance'> = {
  [selectors.transfer]: 'transfer',
  [selectors.approve]: 'approve',
  [selectors.increaseAllowance]: 'increase-allowance',
}

const tail = (text: string): string => `0x${text.slice(24)}`

function cleanWords(data: string, types: readonly ('address' | 'amount')[]): string[] | undefined {
  if (data.length !== 10 + 64 * types.length) return undefined
  const words = types.map((_, index) => data.slice(10 + 64 * index, 74 + 64 * index))
  // Contracts differ in what they do with dirty upper bytes, so nothing is known about such a call.
  const isClean = types.every((type, index) => type === 'amount' || words[index]!.startsWith('0'.repeat(24)))
  return isClean ? words : undefined
}

/** The one number that an eth_call returned; undefined for anything but one word. */
export const numberResult = (result: unknown): bigint | undefined =>
  typeof result === 'string' && /^0x[0-9a-f]{64}$/i.test(result) ? BigInt(result) : undefined

/** A returned string, as ABI string or as the bytes32 of some old tokens. Undefined when it is neither. */
export function textResult(result: unknown): string | undefined {
  if (typeof result !== 'string' || !/^0x(?:[0-9a-f]{2})+$/i.test(result)) return undefined
  const bytes = fromHex(result)
  if (bytes.length === 32) return printable(bytes.subarray(0, bytes.indexOf(0) === -1 ? 32 : bytes.indexOf(0)))
  if (bytes.length < 64 || toBigInt(bytes.subarray(0, 32)) !== 32n) return undefined
  const length = toBigInt(bytes.subarray(32, 64))
  return length > BigInt(bytes.length - 64) ? undefined : printable(bytes.subarray(64, 64 + Number(length)))
}

// A token's name is its author's text: no control or direction characters reach a screen, and no more than fits on one.
function printable(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/[\p{C}\uFFFD]/gu, '')
    .trim()
    .slice(0, 64)
  return text === '' ? undefined : text
}
