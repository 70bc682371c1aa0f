import { type Base, toBase } from '@waiaas/contract'
import { abiFunction, abiValues } from './abi.ts'
import { fromHex, toBigInt } from './hex.ts'

const uint256 = abiValues('(uint256)')
/** The ERC-20 functions that the daemon calls or reads: https://eips.ethereum.org/EIPS/eip-20 */
export const functions = {
  transfer: abiFunction('transfer(address,uint256)'),
  transferFrom: abiFunction('transferFrom(address,address,uint256)'),
  approve: abiFunction('approve(address,uint256)'),
  increaseAllowance: abiFunction('increaseAllowance(address,uint256)'),
  balanceOf: abiFunction('balanceOf(address)'),
  decimals: abiFunction('decimals()'),
  symbol: abiFunction('symbol()'),
  name: abiFunction('name()'),
} as const

export const selectors = {
  decimals: functions.decimals.selector,
  symbol: functions.symbol.selector,
  name: functions.name.selector,
}
export const isTokenFunction = (selector: string): boolean =>
  Object.values(functions).some((known) => known.selector === selector)

export const transferData = (to: string, amount: bigint): string => functions.transfer.encode([to, amount])
export const balanceOfData = (owner: string): string => functions.balanceOf.encode([owner])

/** The one number that an eth_call returned; undefined for anything but one word. */
export const numberResult = (result: unknown): bigint | undefined =>
  typeof result === 'string' ? (uint256.decode(result.toLowerCase())?.[0] as bigint | undefined) : undefined

/** What `balanceOf` returned. */
export function balanceResult(result: unknown): Base | undefined {
  const number = numberResult(result)
  return number === undefined ? undefined : toBase(number)
}

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
