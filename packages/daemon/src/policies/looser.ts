import type { PolicyRules } from '@waiaas/contract'

type Limits = PolicyRules<'SPENDING_LIMIT'>
const MOST = ['instant_max_usd', 'notify_max_usd', 'delay_max_usd', 'daily_limit_usd', 'monthly_limit_usd'] as const

/** Something may leave under the one that the other would have held back, delayed or refused. */
export function isLooser(one: Limits, other: Limits): boolean {
  const above = (value: number | undefined, most: number | undefined) =>
    most !== undefined && (value === undefined || value > most)
  return (
    MOST.some((name) => above(one[name], other[name])) ||
    above(one.max_fee_usd, other.max_fee_usd) ||
    one.delay_seconds < other.delay_seconds ||
    (one.over_limit === 'APPROVAL' && other.over_limit === 'DENY')
  )
}
