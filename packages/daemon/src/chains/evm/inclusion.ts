import { add, type Base } from '@waiaas/contract'
import { fieldsOf, OddAnswer } from '../answers.ts'
import { costOf, type Gas, toGas } from './gas-units.ts'
import { quantityOr, readHash } from './hex.ts'
import { gasOr, type Inclusion, type Receipt } from './receipts.ts'
import { feeCap, type Transaction } from './transaction.ts'

/** What a transaction itself says of its cost. Undefined stands for what is not known. */
export type Terms = {
  readonly gas: Gas | undefined
  /** Of one unit of gas: what was paid or, where that is not known, the most that the bytes allow. */
  readonly price: bigint | undefined
  readonly to: string | undefined
  readonly data: string | undefined
}

export const noTerms: Terms = { gas: undefined, price: undefined, to: undefined, data: undefined }

export const termsOf = ({ gas, fees, to, data }: Omit<Transaction, 'nonce'>): Terms => ({
  gas,
  price: feeCap(fees),
  to,
  data,
})

/** What eth_getTransactionByHash answers; undefined where the node knows no such transaction, an OddAnswer for another one. */
export function readTerms(value: unknown, hash: string): Terms | undefined {
  if (value === null || value === undefined) return undefined
  const fields = fieldsOf(value, 'a transaction')
  if (readHash(fields.hash, 'the hash of a transaction') !== hash)
    throw new OddAnswer(`transaction ${hash}`, fields.hash)
  const [price, cap] = [quantityOr(fields.gasPrice), quantityOr(fields.maxFeePerGas)]
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name].toLowerCase() : undefined)
  return { gas: gasOr(fields.gas), price: least(price, cap), to: text('to'), data: text('input') ?? text('data') }
}

/** What is known from both; the bytes allow no more than they say. */
export const together = (bytes: Terms, told: Terms): Terms => ({
  gas: bytes.gas ?? told.gas,
  price: least(bytes.price, told.price),
  to: bytes.to ?? told.to,
  data: bytes.data ?? told.data,
})

/** The fee of a receipt, with what it lacks at its worst; undefined when nobody knows. */
export function feeOf(receipt: Receipt, terms: Terms, worst: Base | undefined): Base | undefined {
  const gas = receipt.gasUsed ?? terms.gas
  const price = receipt.price ?? terms.price
  const { rollupFee } = receipt
  return gas === undefined || price === undefined || rollupFee === undefined
    ? worst
    : add(costOf(gas, price), rollupFee)
}

/** What a receipt alone is enough for. */
export function inclusionOf(receipt: Receipt): Inclusion | undefined {
  const { height, blockHash, succeeded, gasUsed, price, rollupFee } = receipt
  if (succeeded === undefined || gasUsed === undefined || price === undefined || rollupFee === undefined)
    return undefined
  return { height, blockHash, succeeded, fee: add(costOf(gasUsed, price), rollupFee) }
}

const transferGas = toGas(21_000n)
/** Below are the addresses that clients and rollups reserve for built-in contracts, which have no code either. */
const builtInMost = 0x1_0000n

/** The recipient of a transfer that, by its gas, ran no code: if it has none, the transfer cannot have failed. */
export function plainRecipient({ gasUsed }: Receipt, { to, data }: Terms): string | undefined {
  const isPlain = gasUsed === transferGas && data === '0x' && to !== undefined
  return isPlain && (quantityOr(to) ?? 0n) >= builtInMost ? to : undefined
}

function least(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}
