import { Failure } from '@waiaas/contract'
import { type Gas, toGas } from './gas-units.ts'
import { fromHex, minimalBytes, toBigInt, toHex } from './hex.ts'
import { decodeList, emptyList, encodeItems, type Item, listOf } from './rlp.ts'

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
}

/** Price of one unit of gas at worst. */
export const feeCap = (fees: Fees): bigint => (fees.type === 'legacy' ? fees.gasPrice : fees.maxFeePerGas)

/** Where the recipient would stand of a transaction that creates a contract. */
export const NO_RECIPIENT = '0x'

const typeByte = 0x02

/** The bytes that are hashed and signed: type 2 (EIP-1559), or legacy with the chain id (EIP-155). */
export function encodeUnsigned(tx: Transaction): Buffer {
  const number = (value: bigint | number) => minimalBytes(BigInt(value))
  const middle = [number(tx.gas), fromHex(tx.to), number(tx.value), fromHex(tx.data)]
  if (tx.fees.type === 'legacy') {
    const items = [number(tx.nonce), number(tx.fees.gasPrice), ...middle, number(tx.chainId)]
    return listOf([encodeItems([...items, new Uint8Array(), new Uint8Array()])])
  }
  const { maxPriorityFeePerGas, maxFeePerGas } = tx.fees
  const items = [number(tx.chainId), number(tx.nonce), number(maxPriorityFeePerGas), number(maxFeePerGas), ...middle]
  // The last item is the access list.
  return listOf([encodeItems([...items, emptyList])], typeByte)
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
  1: 'access-list transactions (type 1) are not handled; send type 2',
  3: 'blob transactions (type 3) are not handled',
  4: 'set-code transactions (type 4, EIP-7702) hand the account over to a contract and are refused',
}

function decodeTyped(bytes: Uint8Array): Transaction {
  if (bytes[0] !== typeByte) throw refuse(refusedTypes[bytes[0] ?? -1] ?? `unknown transaction type ${bytes[0]}`)
  const items = decodeList(bytes.subarray(1))
  if (items.length !== 9) throw refuse(`expected 9 fields of an unsigned type 2 transaction, got ${items.length}`)
  if (items[8] !== emptyList) throw refuse('expected an empty access list')
  const [chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, value, data] = items
  return {
    chainId: small(chainId),
    nonce: small(nonce),
    ...target(to, value, data),
    gas: toGas(big(gas)),
    fees: { type: 'eip1559', maxFeePerGas: big(maxFeePerGas), maxPriorityFeePerGas: big(maxPriorityFeePerGas) },
  }
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

function target(to: Item | undefined, value: Item | undefined, data: Item | undefined) {
  const address = text(to)
  if (address.length === 0 && text(data).length === 0) throw refuse('expected the code of a contract, got nothing')
  if (address.length !== 20 && address.length !== 0)
    throw refuse(`expected a recipient of 20 bytes, got ${address.length}`)
  return { to: toHex(address), value: big(value), data: toHex(text(data)) }
}

function text(item: Item | undefined): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new RangeError('expected a byte string, got a list')
  return item
}

function big(item: Item | undefined): bigint {
  const bytes = text(item)
  if (bytes.length > 32) throw new RangeError('expected a number of at most 32 bytes')
  if (bytes[0] === 0) throw new RangeError('expected a number without leading zeros')
  return toBigInt(bytes)
}

function small(item: Item | undefined): number {
  const value = big(item)
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new RangeError(`expected a chain id or nonce below 2^53, got ${value}`)
  return Number(value)
}

const refuse = (message: string, cause?: unknown) =>
  new Failure('INVALID_TRANSACTION', message, cause === undefined ? {} : { cause })
