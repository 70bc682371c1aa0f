import { type Base, toBase } from '@waiaas/contract'
import { fieldsOf, readOr } from '../answers.ts'
import { type Gas, toGas } from './gas-units.ts'
import { quantityOr, readCount, readHash } from './hex.ts'

/** A transaction in a block. `fee` is what was paid, in native base units. */
export type Inclusion = {
  readonly height: number
  readonly blockHash: string
  readonly succeeded: boolean
  readonly fee: Base
}
export type Block = {
  readonly height: number
  readonly hash: string
  readonly parentHash: string
  readonly transactions: readonly string[]
  /** False when the block may hold more than the transactions that were read. */
  readonly isWhole: boolean
}

/** A block as eth_getBlockByNumber gives it; undefined where the node has none, or shows one that is only being made. */
export function readBlock(value: unknown): Block | undefined {
  if (value === null || value === undefined) return undefined
  const { number, hash, parentHash, transactions } = fieldsOf(value, 'a block')
  if (hash === null || number === null) return undefined
  const entries: readonly unknown[] = Array.isArray(transactions) ? transactions : []
  const hashes = entries.flatMap((entry) =>
    readOr(
      () => [hashOf(entry)],
      () => [],
    ),
  )
  return {
    height: readCount(number),
    hash: readHash(hash, 'the hash of a block'),
    parentHash: readHash(parentHash, "the hash of a block's parent"),
    transactions: hashes,
    isWhole: Array.isArray(transactions) && hashes.length === entries.length,
  }
}

/** Some nodes list whole transactions where hashes were asked for. */
const hashOf = (entry: unknown): string =>
  readHash(typeof entry === 'string' ? entry : fieldsOf(entry, 'a transaction').hash, 'the hash of a transaction')

/** What a receipt says for itself; undefined stands for what this node does not tell. */
export type Receipt = {
  readonly hash: string
  readonly height: number
  readonly blockHash: string
  readonly succeeded: boolean | undefined
  readonly gasUsed: Gas | undefined
  /** Of one unit of gas, in wei. */
  readonly price: bigint | undefined
  /** What rollups charge beside the gas, in wei. */
  readonly rollupFee: Base | undefined
}

/** The receipt of one transaction; undefined where the node knows none. Throws an OddAnswer without hash or block. */
export function readReceipt(value: unknown): Receipt | undefined {
  if (value === null || value === undefined) return undefined
  const fields = fieldsOf(value, 'a receipt')
  // Some nodes show receipts of pending transactions.
  if (fields.blockHash === null || fields.blockNumber === null || isZero(fields.blockHash)) return undefined
  const gasUsed = gasOr(fields.gasUsed)
  return {
    hash: readHash(fields.transactionHash, 'the transaction of a receipt'),
    height: readCount(fields.blockNumber),
    blockHash: readHash(fields.blockHash, 'the block of a receipt'),
    succeeded: successOf(fields),
    gasUsed,
    price: quantityOr(fields.effectiveGasPrice),
    rollupFee: rollupFeeIn(fields, gasUsed),
  }
}

/** Units of gas that a node tells; undefined for anything else. */
export function gasOr(value: unknown): Gas | undefined {
  const gas = quantityOr(value)
  return gas === undefined ? undefined : toGas(gas)
}

const isZero = (hash: unknown): boolean => typeof hash === 'string' && /^0x0{64}$/.test(hash)

function successOf({ status, logs, transactionHash }: Readonly<Record<string, unknown>>): boolean | undefined {
  if (typeof status === 'boolean') return status
  const number = quantityOr(status)
  if (number === 1n || number === 0n) return number === 1n
  const isToldNothing = status === undefined || status === null
  return isToldNothing && Array.isArray(logs) && logs.some(isLogOf(transactionHash)) ? true : undefined
}

/** What reverts leaves no logs: https://eips.ethereum.org/EIPS/eip-140 */
const isLogOf =
  (hash: unknown) =>
  (log: unknown): boolean =>
    readOr(
      () => readHash(fieldsOf(log, 'a log').transactionHash, 'the transaction of a log') === readHash(hash, 'a hash'),
      () => false,
    )

/**
 * What rollups of the OP stack charge beside the gas: for their parent chain, and since Isthmus for their operator. Of the
 * latter a receipt shows the parameters; Jovian, which put the DA footprint into receipts, changed their scale.
 * https://specs.optimism.io/protocol/isthmus/exec-engine.html#operator-fee
 */
function rollupFeeIn(fields: Readonly<Record<string, unknown>>, gasUsed: Gas | undefined): Base | undefined {
  const shown = (name: string) => (fields[name] === undefined || fields[name] === null ? 0n : quantityOr(fields[name]))
  const [posting, scalar, constant] = [shown('l1Fee'), shown('operatorFeeScalar'), shown('operatorFeeConstant')]
  if (posting === undefined || scalar === undefined || constant === undefined) return undefined
  if (scalar > 0n && gasUsed === undefined) return undefined
  const scaled = (gasUsed ?? 0n) * scalar
  const isJovian = quantityOr(fields.daFootprintGasScalar) !== undefined
  return toBase(posting + (isJovian ? scaled * 100n : scaled / 1_000_000n) + constant)
}
