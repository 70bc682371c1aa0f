import { Failure } from '@waiaas/contract'
import { type AccessList, readAccessList, writeAccessList } from './access-list.ts'
import { type Gas, toGas } from './gas-units.ts'
import { fromHex, minimalBytes, toBigInt, toHex } from './hex.ts'
import { decodeList, encodeItems, flat, itemsIn, listContent, listOf } from './rlp.ts'

export type Fees =
  | { readonly type: 'eip1559'; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 'legacy'; readonly gasPrice: bigint }

/** An unsigned transaction. Addresses and data are lower-case 0x-hex, amounts wei. */
export type Transaction = {
  readonly chainId: number
  readonly nonce: number
  readonly to: string
  readonly value: bigint
  readonly data: string
  /** The most that it may use. */
  readonly gas: Gas
  readonly fees: Fees
  /** Of those that have one; with the fees of a legacy transaction it makes one of type 1. */
  readonly accessList?: AccessList
}

/** Price of one unit of gas at worst. */
export const feeCap = (fees: Fees): bigint => (fees.type === 'legacy' ? fees.gasPrice : fees.maxFeePerGas)

/** Where the recipient would stand of a transaction that creates a contract. */
export const NO_RECIPIENT = '0x'

/** Types by their first byte: https://eips.ethereum.org/EIPS/eip-2930, https://eips.ethereum.org/EIPS/eip-1559 */
const TYPES = { accessList: 0x01, eip1559: 0x02 } as const

/** The bytes that are hashed and signed: type 2 (EIP-1559), legacy with the chain id (EIP-155), or type 1 (EIP-2930). */
export function encodeUnsigned(tx: Transaction): Buffer {
  const number = (value: bigint | number) => minimalBytes(BigInt(value))
  const middle = [number(tx.gas), fromHex(tx.to), number(tx.value), fromHex(tx.data)]
  if (tx.fees.type === 'legacy' && tx.accessList) {
    const items = [number(tx.chainId), number(tx.nonce), number(tx.fees.gasPrice), ...middle]
    return listOf([encodeItems(items), writeAccessList(tx.accessList)], TYPES.accessList)
  }
  if (tx.fees.type === 'legacy') {
    const items = [number(tx.nonce), number(tx.fees.gasPrice), ...middle, number(tx.chainId)]
    return listOf([encodeItems([...items, new Uint8Array(), new Uint8Array()])])
  }
  const { maxPriorityFeePerGas, maxFeePerGas } = tx.fees
  const items = [number(tx.chainId), number(tx.nonce), number(maxPriorityFeePerGas), number(maxFeePerGas), ...middle]
  return listOf([encodeItems(items), writeAccessList(tx.accessList ?? [])], TYPES.eip1559)
}

/** Reads unsigned bytes; Failure INVALID_TRANSACTION for anything that is not exactly one transaction of a handled type. */
export function decodeUnsigned(bytes: Uint8Array): Transaction {
  try {
    return bytes[0]! >= 0xc0 ? decodeLegacy(bytes) : decodeTyped(bytes)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw refuse(error instanceof RangeError ? error.message : 'the bytes are not a transaction', error)
  }
}

const refusedTypes: Record<number, string> = {
  3: 'blob transactions (type 3) are not handled',
  4: 'set-code transactions (type 4, EIP-7702) hand the account over to a contract and are refused',
}

function decodeTyped(bytes: Uint8Array): Transaction {
  if (bytes[0] === TYPES.eip1559) return decodeEip1559(bytes.subarray(1))
  if (bytes[0] === TYPES.accessList) return decodeAccessList(bytes.subarray(1))
  throw refuse(refusedTypes[bytes[0] ?? -1] ?? `unknown transaction type ${bytes[0]}`)
}

function decodeEip1559(bytes: Uint8Array): Transaction {
  const { items, accessList } = withList(bytes, { type: 2, count: 9 })
  const [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, value, data] = items
  return {
    chainId: small(chainId),
    nonce: small(nonce),
    ...target(to, value, data),
    gas: toGas(big(gas)),
    fees: { type: 'eip1559', maxFeePerGas: big(maxFeePerGas), maxPriorityFeePerGas: big(maxPriorityFeePerGas) },
    ...(accessList.length > 0 && { accessList }),
  }
}

function decodeAccessList(bytes: Uint8Array): Transaction {
  const { items, accessList } = withList(bytes, { type: 1, count: 8 })
  const [chainId, nonce, gasPrice, gas, to, value, data] = items
  return {
    chainId: small(chainId),
    nonce: small(nonce),
    ...target(to, value, data),
    gas: toGas(big(gas)),
    fees: { type: 'legacy', gasPrice: big(gasPrice) },
    accessList,
  }
}

/** The fields of a type whose last one is a list. */
function withList(bytes: Uint8Array, { type, count }: { type: number; count: number }) {
  const parts = itemsIn(listContent(bytes))
  if (parts.length !== count)
    throw refuse(`expected ${count} fields of an unsigned type ${type} transaction, got ${parts.length}`)
  return { items: parts.slice(0, -1).map(flat), accessList: readAccessList(parts.at(-1)!) }
}

function decodeLegacy(bytes: Uint8Array): Transaction {
  const items = decodeList(bytes)
  if (items.length === 6) throw refuse('a transaction without a chain id is valid on every chain and is refused')
  if (items.length !== 9) throw refuse(`expected 9 fields of an unsigned legacy transaction, got ${items.length}`)
  const [nonce, gasPrice, gas, to, value, data, chainId, r, s] = items
  if (text(r).length > 0 || text(s).length > 0) throw refuse('expected an unsigned transaction, got a signed one')
  return {
    chainId: small(chainId),
    nonce: small(nonce),
    ...target(to, value, data),
    gas: toGas(big(gas)),
    fees: { type: 'legacy', gasPrice: big(gasPrice) },
  }
}

function target(to: Uint8Array | undefined, value: Uint8Array | undefined, data: Uint8Array | undefined) {
  const address = text(to)
  if (address.length === 0 && text(data).length === 0) throw refuse('expected the code of a contract, got nothing')
  if (address.length !== 20 && address.length !== 0)
    throw refuse(`expected a recipient of 20 bytes, got ${address.length}`)
  return { to: toHex(address), value: big(value), data: toHex(text(data)) }
}

function text(item: Uint8Array | undefined): Uint8Array {
  if (!item) throw new RangeError('expected a field more')
  return item
}

function big(item: Uint8Array | undefined): bigint {
  const bytes = text(item)
  if (bytes.length > 32) throw new RangeError('expected a number of at most 32 bytes')
  if (bytes[0] === 0) throw new RangeError('expected a number without leading zeros')
  return toBigInt(bytes)
}

function small(item: Uint8Array | undefined): number {
  const value = big(item)
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`expected a chain id or nonce below 2^53, got ${value}`)
  return Number(value)
}

const refuse = (message: string, cause?: unknown) =>
  new Failure('INVALID_TRANSACTION', message, cause === undefined ? {} : { cause })
