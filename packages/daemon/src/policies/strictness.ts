import { type Decision, type Strictness, TIERS } from '@waiaas/contract'

/** What is looked at of a decision: whether it lets something out, and after what. */
type Outcome = Pick<Decision, 'outcome' | 'tier' | 'delaySeconds' | 'approvalTimeoutSeconds'>

/** How strict a decision is: a denial above all, then its tier, then how long it holds back or how little time it leaves to approve. */
export function strictnessOf(before: Outcome, after: Outcome): Strictness {
  const rank = ({ outcome, tier }: Outcome) => (outcome === 'DENY' ? TIERS.length : TIERS.indexOf(tier))
  if (rank(before) !== rank(after)) return rank(after) > rank(before) ? 'tighter' : 'looser'
  if (after.outcome === 'DENY') return 'same'
  const [delays, times] = [
    both(before.delaySeconds, after.delaySeconds),
    both(before.approvalTimeoutSeconds, after.approvalTimeoutSeconds),
  ]
  if (delays === null || times === null) return 'different'
  const longer = delays - times
  return longer === 0 ? 'same' : longer > 0 ? 'tighter' : 'looser'
}

/** By how much the second is more; null where one of them is what the settings say. */
const both = (before: number | undefined, after: number | undefined): number | null =>
  before === after ? 0 : before === undefined || after === undefined ? null : after - before
