import { assetKey, type Effects, toBase } from '@waiaas/contract'
import { priced } from './bill.ts'
import type { Case, Ruling } from './case.ts'
import { type Asker, type Leg, legsOf, type Scale, scaled } from './largest.ts'

/** What would pass in place of a request that moves several amounts. */
export type Share = {
  /** The most of each amount that would not be refused, in whole percent. */
  readonly atAll: bigint
  /** The same of what nothing would hold up. */
  readonly atOnce: bigint
  /** One leg, in words, without which all the rest would pass. */
  readonly without?: string
}
type Goals = { readonly atAll: (ruling: Ruling) => boolean; readonly atOnce: (ruling: Ruling) => boolean }

/** Of more legs than that nobody asks which one it is. */
const MOST_LEGS = 16

/** As the rules judge it themselves; undefined where one amount moves, or none that could be another. */
export function shareOf(asker: Asker, { of, ruling }: { of: Case; ruling: Ruling }, goals: Goals): Share | undefined {
  const { effects } = of.input
  const legs = legsOf(effects)
  if (legs.length < 2 || legs.some(isUnlimited)) return undefined
  const scale = percentOf(effects, legs)
  const most = (passes: (ruling: Ruling) => boolean): bigint =>
    passes(ruling) ? 100n : (asker.largest(scale, passes, { low: 0n, high: 100n, guess: undefined }) ?? 0n)
  const atAll = most(goals.atAll)
  const atOnce = atAll === 0n ? 0n : most(goals.atOnce)
  const isHelped = ruling.denied ? atAll > 0n : atOnce > 0n
  const passes = ruling.denied ? goals.atAll : goals.atOnce
  const culprit = isHelped ? undefined : culpritOf(asker, { of, legs, passes })
  return { atAll, atOnce, ...(culprit && { without: legText(of, culprit) }) }
}

const isUnlimited = ({ effect }: Leg): boolean => effect.kind === 'approval' && effect.unlimited

/** So many percent of each amount, cut off. */
function percentOf(effects: Effects, legs: readonly Leg[]): Pick<Scale, 'with'> {
  const amounts = new Map(legs.map(({ index, amount }) => [index, BigInt(amount)]))
  return {
    with: (percent) => ({
      ...effects,
      effects: effects.effects.map((effect, index) => {
        const amount = amounts.get(index)
        return amount === undefined ? effect : scaled(effect, String((amount * percent) / 100n))
      }),
    }),
  }
}

/** What belongs to a call cannot be left out of it. */
const WHOLE: ReadonlySet<string> = new Set(['call', 'deploy', 'action', 'unknown', 'simulated', 'venue', 'server'])

type Looked = { of: Case; legs: readonly Leg[]; passes: (ruling: Ruling) => boolean }

/** The first leg without which the rest passes. */
function culpritOf(asker: Asker, { of: { input }, legs, passes }: Looked): Leg | undefined {
  const { effects } = input.effects
  if (legs.length > MOST_LEGS || effects.some(({ kind }) => WHOLE.has(kind))) return undefined
  return legs.find(({ index }) => {
    const rest = { ...input.effects, effects: effects.filter((_, at) => at !== index) }
    const ruling = asker.ask({ ...input, effects: rest })
    return ruling !== undefined && passes(ruling)
  })
}

function legText({ bill }: Case, { asset, amount, effect }: Leg): string {
  const holding = bill.holdings.find((one) => one.asset === assetKey(asset))
  const text = holding ? priced(holding, toBase(BigInt(amount))) : `${amount} of ${asset}`
  if (effect.kind === 'outflow') return `the ${text} to ${effect.to}`
  return effect.kind === 'approval' ? `the allowance of ${text} for ${effect.spender}` : `the ${text}`
}
