import type { Rate, Refusal } from './profile.ts'

type Call = { readonly method: string }
type Refused = { readonly refusal: Refusal }
/** Takes the cost of a request out of the budgets: what is refused of it, call by call, or all of it. */
type Spend = (calls: readonly Call[]) => (Refused | undefined)[] | Refused

/** Budgets that fill by the second, as providers keep them for a key or an address. */
export function budgets(rates: readonly Rate[]): Spend {
  const spends = rates.map(budget)
  return (calls) => {
    const refused: (Refused | undefined)[] = calls.map(() => undefined)
    for (const spend of spends) {
      const open = calls.flatMap((call, index) => (refused[index] ? [] : [{ ...call, index }]))
      const outcome = spend(open)
      if (!Array.isArray(outcome)) return outcome
      for (const [position, { index }] of open.entries()) refused[index] ??= outcome[position]
    }
    return refused
  }
}

function budget(rate: Rate): Spend {
  const levels = new Map<string, { left: number; at: number }>()
  const bucketOf = ({ method }: Call) => (rate.for === 'each method' ? method : '')
  const costOf = ({ method }: Call) =>
    rate.methods && !rate.methods.includes(method) ? 0 : (rate.costs?.[method] ?? 1)

  function take(bucket: string, cost: number): boolean {
    const now = performance.now()
    const { left, at } = levels.get(bucket) ?? { left: rate.most, at: now }
    const filled = Math.min(rate.most, left + ((now - at) / 1_000) * rate.perSecond)
    const isEnough = cost <= filled
    levels.set(bucket, { left: isEnough ? filled - cost : filled, at: now })
    return isEnough
  }

  return (calls) => {
    if (rate.refuses === 'call') return calls.map((call) => (take(bucketOf(call), costOf(call)) ? undefined : rate))
    const sums = new Map<string, number>()
    for (const call of calls) sums.set(bucketOf(call), (sums.get(bucketOf(call)) ?? 0) + costOf(call))
    const isEnough = [...sums].every(([bucket, cost]) => take(bucket, cost))
    return isEnough ? calls.map(() => undefined) : rate
  }
}
