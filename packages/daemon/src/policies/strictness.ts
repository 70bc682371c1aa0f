import { type Decision, type Strictness, TIERS } from '@waiaas/contract'

/** What is looked at of a decision: whether it lets something out, and after what. */
type Outcome = Pick<Decision, 'outcome' | 'tier' | 'delaySeconds'>

/**
 * How strict a decision is: a denial above all, then its tier, then how long it holds back. How long somebody has to approve
 * lets nothing out by itself. `usualDelay` is that of the settings, for delays of which no policy says how long.
 */
export function strictnessOf(before: Outcome, after: Outcome, usualDelay: number): Strictness {
  const rank = ({ outcome, tier }: Outcome) => (outcome === 'DENY' ? TIERS.length : TIERS.indexOf(tier))
  if (rank(before) !== rank(after)) return rank(after) > rank(before) ? 'tighter' : 'looser'
  if (after.outcome === 'DENY' || after.tier !== 'DELAY') return 'same'
  const [was, is] = [before, after].map(({ delaySeconds = usualDelay }) => delaySeconds) as [number, number]
  return is === was ? 'same' : is > was ? 'tighter' : 'looser'
}
