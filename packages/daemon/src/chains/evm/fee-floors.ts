import type { LeastPrice } from './least-price.ts'
import type { Fees } from './transaction.ts'

/** What nodes say that a transaction should offer. */
export type Suggestion =
  | { readonly type: 'eip1559'; readonly baseFee: bigint; readonly tip: bigint }
  | { readonly type: 'legacy'; readonly gasPrice: bigint }

/** The price of a unit of gas that a block takes now. */
const askedBy = (now: Suggestion): bigint => (now.type === 'legacy' ? now.gasPrice : now.baseFee + now.tip)

/** A node that asks for more than this as a tip is broken or lying. */
export const tipMost = 500_000_000_000n
const rememberedMs = 600_000
const timesMost = 50n
const gwei = 1_000_000_000n

export type FeeFloors = {
  /** Remembers what a refusal named, for some minutes. False when it is too far above what nodes suggest to be believed. */
  raise(least: LeastPrice, now: Suggestion | undefined): boolean
  /** The fees of a suggestion, no lower than what was named. */
  over(suggestion: Suggestion): Fees
}

/** Minima that nodes named when they refused a transaction. A node that lies can make it dearer, within bounds. */
export function feeFloors(clock: () => number): FeeFloors {
  const floors = new Map<LeastPrice['of'], { wei: bigint; until: number }>()
  const floor = (of: LeastPrice['of'], suggestion: Suggestion): bigint => {
    const found = floors.get(of)
    if (!found || clock() >= found.until) return 0n
    return isBelievable({ of, wei: found.wei }, suggestion) ? found.wei : 0n
  }
  return {
    raise(least, now) {
      if (now ? !isBelievable(least, now) : least.wei > tipMost) return false
      floors.set(least.of, { wei: least.wei, until: clock() + rememberedMs })
      return true
    },
    over(suggestion) {
      const [tip, price, base] = [floor('tip', suggestion), floor('price', suggestion), floor('base', suggestion)]
      if (suggestion.type === 'legacy')
        return { type: 'legacy', gasPrice: largest(suggestion.gasPrice, tip, price, base) }
      const baseFee = largest(suggestion.baseFee, base)
      const offered = largest(suggestion.tip, tip, price - baseFee)
      const maxPriorityFeePerGas = offered > tipMost ? tipMost : offered
      // Lasts through six full blocks in a row, each raising the base fee by an eighth.
      return { type: 'eip1559', maxPriorityFeePerGas, maxFeePerGas: baseFee * 2n + maxPriorityFeePerGas }
    },
  }
}

function isBelievable({ of, wei }: LeastPrice, now: Suggestion): boolean {
  if (of === 'tip' && wei > tipMost) return false
  const suggested = now.type === 'legacy' ? now.gasPrice : { tip: now.tip, base: now.baseFee, price: askedBy(now) }[of]
  return wei <= timesMost * largest(suggested, gwei)
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const largest = (first: bigint, ...others: readonly bigint[]): bigint => others.reduce(larger, first)
