import { addressKey, millionths, type Tier } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { asStrict } from '../within.ts'
import { factUnknown, policyType, type Scoped } from './type.ts'

type ReputationThreshold = {
  /** In millionths. */
  readonly least: bigint
  readonly below: Tier
  readonly unrated: Tier
  readonly tag1: string
  readonly tag2: string
  /** Whoever is no agent counts as unrated. */
  readonly everybody: boolean
}

export const reputationThreshold = policyType<'REPUTATION_THRESHOLD', ReputationThreshold>({
  admit: (rules) => rules,
  compile: (rules) => ({
    least: millionths(rules.min_score),
    below: rules.below_threshold_tier,
    unrated: rules.unrated_tier,
    tag1: rules.tag1,
    tag2: rules.tag2,
    everybody: rules.check_counterparty,
  }),
  judge,
  within: (one, other) =>
    one.tag1 === other.tag1 &&
    one.tag2 === other.tag2 &&
    one.least >= other.least &&
    asStrict(one.below, other.below) &&
    asStrict(one.unrated, other.unrated) &&
    (one.everybody || !other.everybody),
})

/** Everybody who receives, or may take, is looked at; what is not known of somebody refuses. */
function judge({ id, rules }: Scoped<ReputationThreshold>, of: Case, findings: Finding[]): void {
  if (of.isLane) return
  for (const recipient of of.recipients) {
    const known = of.input.standing?.reputations?.filter(
      (one) => addressKey(one.address) === recipient && one.tag1 === rules.tag1 && one.tag2 === rules.tag2,
    )
    if (!known || known.length === 0) {
      findings.push(factUnknown(id, `what others say of ${recipient}`))
      continue
    }
    for (const { score, isAgent } of known) {
      const verdict = verdictOf(rules, { score, isAgent })
      if (verdict === 'INSTANT') continue
      findings.push({
        code: 'REPUTATION_TOO_LOW',
        verdict,
        policyId: id,
        tell: () => ({
          message:
            score === null
              ? `nobody has rated ${recipient}`
              : `${recipient} has a score of ${score}, and ${least(rules)} is the least`,
          observed: score ?? 'unrated',
          allowed: least(rules),
        }),
      })
    }
  }
}

const least = ({ least }: ReputationThreshold): number => Number(least) / 1_000_000

function verdictOf(rules: ReputationThreshold, { score, isAgent }: { score: string | null; isAgent: boolean }): Tier {
  if (!isAgent) return rules.everybody ? rules.unrated : 'INSTANT'
  if (score === null) return rules.unrated
  return inMillionths(score) < rules.least ? rules.below : 'INSTANT'
}

/** What is finer is cut off; below zero it is below every limit. */
function inMillionths(score: string): bigint {
  if (score.startsWith('-')) return -1n
  const [whole = '', fraction = ''] = score.split('.')
  return BigInt(whole + fraction.slice(0, 6).padEnd(6, '0'))
}
