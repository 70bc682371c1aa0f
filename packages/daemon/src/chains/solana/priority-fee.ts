import type { Rpc } from '../chain.ts'

// Micro-lamports for each compute unit: enough to be ahead of those who pay nothing, and never a bidding war.
const floor = 1_000n
const cap = 1_000_000n
const freshMs = 10_000

/** The median of recent blocks' priority fees within floor and cap; read at most every ten seconds. */
export function priorityFees(rpc: Rpc, clock: () => number): () => Promise<bigint> {
  let known: { price: Promise<bigint>; until: number } | undefined
  return async () => {
    if (known && clock() < known.until) return known.price
    const price = readMedian(rpc)
    known = { price, until: clock() + freshMs }
    price.catch(() => {
      known = undefined
    })
    return price
  }
}

async function readMedian(rpc: Rpc): Promise<bigint> {
  const recent = await rpc.call<{ prioritizationFee: number }[]>('getRecentPrioritizationFees', [[]])
  const fees = recent.map(({ prioritizationFee }) => prioritizationFee).sort((a, b) => a - b)
  const median = fees[Math.floor(fees.length / 2)]
  if (median === undefined || !Number.isSafeInteger(median)) return floor
  const price = BigInt(median)
  return price < floor ? floor : price > cap ? cap : price
}
