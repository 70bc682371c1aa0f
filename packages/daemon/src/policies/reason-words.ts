import { type Base, type Tier, type Usd, usdNumber, usdText, ZERO_BASE, ZERO_USD } from '@waiaas/contract'
import { type Holding, priced } from './bill.ts'
import type { Telling } from './case.ts'
import { type Ladder, tierBelow } from './ladder.ts'

// What reasons say to people: whole units and names, and no field of a policy.

/** What each tier puts in the way, as people say it. */
const WITHOUT: Readonly<Record<Tier, string>> = {
  INSTANT: 'at all',
  NOTIFY: 'without a word',
  DELAY: 'without a delay',
  APPROVAL: 'without an approval',
}

type Told = {
  readonly of: 'value' | 'fee'
  readonly what: string
  readonly most: string | undefined
  readonly tier: Tier
}
/** That something is above the most that goes without a tier; `most` is undefined where nothing does. */
const aboveMost = ({ of, what, most, tier }: Told): string =>
  most === undefined
    ? `${of === 'fee' ? 'its fee may be' : 'it comes to'} ${what}, and nothing goes ${WITHOUT[tier]}`
    : `${of === 'fee' ? 'its fee of at most ' : ''}${what} is above ${most}, the most that goes ${WITHOUT[tier]}`

/** What is above a ladder, and the tier that it came to. */
type Above<M, L = M> = {
  readonly of: 'value' | 'fee'
  readonly amount: M
  readonly ladder: Ladder<L>
  readonly tier: Tier
}

/** Of amounts of an asset. */
export function ladderTelling(holding: Holding, { of, amount, ladder, tier }: Above<Base>): Telling {
  const allowed = ladder[tierBelow(tier)]!
  const most = allowed === ZERO_BASE ? undefined : priced(holding, allowed)
  return {
    message: aboveMost({ of, what: priced(holding, amount), most, tier }),
    observed: String(amount),
    allowed: String(allowed),
  }
}

/** Of dollars. */
export function valueTelling({ of, amount, ladder, tier }: Above<Usd, Usd | null>): Telling {
  const allowed = ladder.findLast((limit) => limit !== null && limit < amount) ?? ZERO_USD
  const most = allowed === ZERO_USD ? undefined : `${usdText(allowed)} USD`
  return {
    message: aboveMost({ of, what: `${usdText(amount)} USD`, most, tier }),
    observed: usdNumber(amount),
    allowed: usdNumber(allowed),
  }
}

/** A number of seconds in the largest unit that it is a whole number of. */
export function period(seconds: number): string {
  const [unit, size] = (
    [
      ['day', 86_400],
      ['hour', 3_600],
      ['minute', 60],
    ] as const
  ).find(([, one]) => seconds % one === 0) ?? ['second', 1]
  const count = seconds / size
  return count === 1 ? unit : `${count} ${unit}s`
}

/** To the minute, as people everywhere read it; never before the moment itself. */
export const minuteOf = (ms: number): string =>
  `${new Date(Math.ceil(ms / 60_000) * 60_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
