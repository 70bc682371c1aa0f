import { isFailure } from '@waiaas/contract'
import { wholeOr } from '../answers.ts'
import { type Rpc, RpcError } from '../rpc.ts'

// Micro-lamports for each compute unit: enough to be ahead of those who pay nothing, and never a bidding war.
const floor = 1_000n
const cap = 1_000_000n
const freshMs = 10_000

/** The median of recent blocks' priority fees within floor and cap, the floor where no node tells; read at most every ten seconds. */
export function priorityFees(rpc: Rpc, clock: () => number): () => Promise<bigint> {
  let known: { price: Promise<bigint>; until: number } | undefined
  return async () => {
    if (known && clock() < known.until) return known.price
    const price = readMedian(rpc).catch(floorOf)
    known = { price, until: clock() + freshMs }
    return price
  }
}

/** It is a wish and no need: many endpoints do not offer the method. */
function floorOf(error: unknown): bigint {
  if (!(error instanceof RpcError || isFailure(error, 'CHAIN_ERROR'))) throw error
  return floor
}

async function readMedian(rpc: Rpc): Promise<bigint> {
  const recent = await rpc.call<unknown>('getRecentPrioritizationFees', [[]])
  const fees = Array.isArray(recent) ? recent.flatMap(feeOf).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)) : []
  const median = fees[Math.floor(fees.length / 2)] ?? floor
  return median < floor ? floor : median > cap ? cap : median
}

function feeOf(entry: unknown): bigint[] {
  const isEntry = typeof entry === 'object' && entry !== null && 'prioritizationFee' in entry
  const fee = isEntry ? wholeOr(entry.prioritizationFee) : undefined
  return fee === undefined ? [] : [fee]
}
