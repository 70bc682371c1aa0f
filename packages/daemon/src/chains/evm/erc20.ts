import { type AbiValue, abiFunction, abiValues } from './abi.ts'
import { fromHex, toBigInt } from './hex.ts'

const uint256 = abiValues('(uint256)')
const functions = {
  transfer: abiFunction('transfer(address,uint256)'),
  transferFrom: abiFunction('transferFrom(address,address,uint256)'),
  approve: abiFunction('approve(address,uint256)'),
  increaseAllowance: abiFunction('increaseAllowance(address,uint256)'),
  balanceOf: abiFunction('balanceOf(address)'),
  decimals: abiFunction('decimals()'),
  symbol: abiFunction('symbol()'),
  name: abiFunction('name()'),
} as const

/** Of the ERC-20 functions that the daemon calls or reads: https://eips.ethereum.org/EIPS/eip-20 */
export const selectors = {
  decimals: functions.decimals.selector,
  symbol: functions.symbol.selector,
  name: functions.name.selector,
}
export const isTokenFunction = (selector: string): boolean =>
  Object.values(functions).some((known) => known.selector === selector)

/** Amounts that tokens and spenders take as "without limit". */
const boundless: ReadonlySet<bigint> = new Set([64n, 96n, 128n, 160n, 256n].map((bits) => 2n ** bits - 1n))
export const isBoundless = (amount: bigint): boolean => boundless.has(amount)

export const transferData = (to: string, amount: bigint): string => functions.transfer.encode([to, amount])
export const balanceOfData = (owner: string): string => functions.balanceOf.encode([owner])

export type TokenCall =
  | { readonly kind: 'transfer'; readonly to: string; readonly amount: bigint }
  | { readonly kind: 'transfer-from'; readonly from: string; readonly to: string; readonly amount: bigint }
  | { readonly kind: 'approve' | 'increase-allowance'; readonly spender: string; readonly amount: bigint }

/** Calldata of the ERC-20 functions that move money or let others move it; undefined unless it is exactly their clean ABI form. */
export function parseTokenCall(data: string): TokenCall | undefined {
  const read = (name: keyof typeof functions) => functions[name].decode(data)
  const from = read('transferFrom')
  if (from) return { kind: 'transfer-from', from: text(from[0]), to: text(from[1]), amount: amount(from[2]) }
  const to = read('transfer')
  if (to) return { kind: 'transfer', to: text(to[0]), amount: amount(to[1]) }
  const approved = read('approve')
  if (approved) return { kind: 'approve', spender: text(approved[0]), amount: amount(approved[1]) }
  const raised = read('increaseAllowance')
  return raised && { kind: 'increase-allowance', spender: text(raised[0]), amount: amount(raised[1]) }
}

// The signature says which kind of value stands where.
const text = (value: AbiValue | undefined): string => value as string
const amount = (value: AbiValue | undefined): bigint => value as bigint

/** The one number that an eth_call returned; undefined for anything but one word. */
export const numberResult = (result: unknown): bigint | undefined =>
  typeof result === 'string' ? (uint256.decode(result.toLowerCase())?.[0] as bigint | undefined) : undefined

/** A returned string, however it is padded, as ABI string or as the bytes32 of some old tokens. Undefined when it is neither. */
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
