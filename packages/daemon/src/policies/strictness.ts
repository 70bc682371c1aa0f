import { type Decision, type Strictness, TIERS } from '@waiaas/contract'

/** What is looked at of a decision: whether it lets something out, and after what. */
type Outcome = Pick<Decision, 'outcome' | 'tier' | 'delaySeconds'>

/**
 * How strict a decision is: a denial above all, then its tier, then how long it holds back. How long somebody has to approve
 * lets nothing out by itself. A delay of so many seconds and one of the settings do not compare.
 */
export function strictnessOf(before: Outcome, after: Outcome): Strictness {
  const rank = ({ outcome, tier }: Outcome) => (outcome === 'DENY' ? TIERS.length : TIERS.indexOf(tier))
  if (rank(before) !== rank(after)) return rank(after) > rank(before) ? 'tighter' : 'looser'
  const [was, is] = [before.delaySeconds, after.delaySeconds]
  if (after.outcome === 'DENY' || was === is) return 'same'
  if (was === undefined || is === undefined) return 'different'
  return is > was ? 'tighter' : 'looser'
}
