import { type Base, TIERS, type Usd } from '@waiaas/contract'
import type { FirstRecipient } from './first-recipient.ts'
import type { Ladder } from './ladder.ts'
import { atMost, ladderWithin } from './within.ts'

type Limits = {
  readonly raw: Ladder<Base> | null
  readonly tokens: ReadonlyMap<string, (decimals: number) => Ladder<Base>>
  readonly usd: Ladder<Usd | null> | null
  readonly dailyUsd: Usd | null
  readonly monthlyUsd: Usd | null
  readonly overLimit: 'DENY' | 'APPROVAL'
  readonly maxFeeUsd: Usd
  readonly maxFee: Base | null
  readonly first: FirstRecipient | null
  readonly delaySeconds: number
}

/** More decimals than any asset has: a limit that is finer is cut off for each alike. */
const FINEST = 40

/**
 * Whether the first limits let no more through than the others. What judges an asset (its own thresholds, those of the
 * native one, or dollars) must be the same for both; else nothing can be said.
 */
export function isSpendingWithin(one: Limits, other: Limits): boolean {
  return (
    isJudgedAlike(one, other) &&
    ladderWithin(one.raw, other.raw) &&
    ladderWithin(one.usd, other.usd) &&
    [...one.tokens].every(([asset, ladder]) => ladderWithin(ladder(FINEST), other.tokens.get(asset)!(FINEST))) &&
    atMost(one.dailyUsd, other.dailyUsd) &&
    atMost(one.monthlyUsd, other.monthlyUsd) &&
    (one.overLimit === 'DENY' || other.overLimit === 'APPROVAL') &&
    one.maxFeeUsd <= other.maxFeeUsd &&
    atMost(one.maxFee, other.maxFee) &&
    isFirstWithin(one.first, other.first) &&
    one.delaySeconds >= other.delaySeconds
  )
}

const isJudgedAlike = (one: Limits, other: Limits): boolean =>
  (one.raw === null) === (other.raw === null) &&
  (one.maxFee === null) === (other.maxFee === null) &&
  isInDollars(one) === isInDollars(other) &&
  one.tokens.size === other.tokens.size &&
  [...one.tokens.keys()].every((asset) => other.tokens.has(asset))

const isInDollars = ({ usd, dailyUsd, monthlyUsd }: Limits): boolean =>
  usd !== null || dailyUsd !== null || monthlyUsd !== null

const isFirstWithin = (one: FirstRecipient | null, other: FirstRecipient | null): boolean =>
  other === null || (one !== null && TIERS.indexOf(one.tier) >= TIERS.indexOf(other.tier) && one.waitMs >= other.waitMs)
