import { Failure } from '@waiaas/contract'
import { readQuantity } from './hex.ts'

/** A transaction in a block. `fee` is what was paid, in native base units. */
export type Inclusion = {
  readonly height: number
  readonly blockHash: string
  readonly succeeded: boolean
  readonly fee: bigint
}
export type Block = {
  readonly height: number
  readonly hash: string
  readonly parentHash: string
  readonly transactions: readonly string[]
}

/** A block as eth_getBlockByNumber gives it with hashes only; undefined where the node has none. */
export function readBlock(value: unknown): Block | undefined {
  if (value === null || value === undefined) return undefined
  const { number, hash, parentHash, transactions } = value as Record<string, unknown>
  if (typeof hash !== 'string' || typeof parentHash !== 'string' || !Array.isArray(transactions))
    throw new Failure('CHAIN_ERROR', 'a node answered a block without hash, parent or transactions')
  return { height: whole(number), hash, parentHash, transactions: transactions.map(String) }
}

/** The receipt of one transaction; undefined where the node knows none. */
export function readReceipt(value: unknown): (Inclusion & { hash: string }) | undefined {
  if (value === null || value === undefined) return undefined
  const receipt = value as Record<string, unknown>
  const { transactionHash, blockHash, blockNumber, status } = receipt
  // Some nodes show receipts of pending transactions.
  if (blockHash === null || blockNumber === null) return undefined
  if (typeof transactionHash !== 'string' || typeof blockHash !== 'string' || (status !== '0x1' && status !== '0x0'))
    throw new Failure('CHAIN_ERROR', 'a node answered a receipt without hash, block or status')
  const gasUsed = readQuantity(receipt.gasUsed)
  const fee = gasUsed * readQuantity(receipt.effectiveGasPrice) + chargedBeside(receipt, gasUsed)
  return { hash: transactionHash, height: whole(blockNumber), blockHash, succeeded: status === '0x1', fee }
}

/**
 * What rollups of the OP stack charge beside the gas: for their parent chain, and since Isthmus for their operator. Of the
 * latter a receipt shows the parameters; Jovian, which put the DA footprint into receipts, changed their scale.
 * https://specs.optimism.io/protocol/isthmus/exec-engine.html#operator-fee
 */
function chargedBeside(receipt: Record<string, unknown>, gasUsed: bigint): bigint {
  const shown = (name: string) => (typeof receipt[name] === 'string' ? readQuantity(receipt[name]) : 0n)
  const scaled = gasUsed * shown('operatorFeeScalar')
  const isJovian = typeof receipt.daFootprintGasScalar === 'string'
  return shown('l1Fee') + (isJovian ? scaled * 100n : scaled / 1_000_000n) + shown('operatorFeeConstant')
}

const whole = (value: unknown): number => Number(readQuantity(value))
