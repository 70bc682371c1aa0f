import { z } from 'zod'
import { Tier } from '../tiers.ts'
import { sixDecimals } from './fields.ts'
import { tierWords } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const Tag = z.string().max(32)

type Thresholds = {
  min_score: number
  below_threshold_tier: z.output<typeof Tier>
  unrated_tier: z.output<typeof Tier>
  check_counterparty: boolean
}

export const reputationThreshold = {
  rules: z.strictObject({
    min_score: sixDecimals(z.number().min(0).max(100)).describe('0 to 100'),
    below_threshold_tier: Tier.default('APPROVAL').describe('of payments to agents with a lower score'),
    unrated_tier: Tier.default('APPROVAL').describe('of payments to agents that nobody has rated'),
    tag1: Tag.default('').describe('counts only ratings with this first tag'),
    tag2: Tag.default('').describe('counts only ratings with this second tag'),
    check_counterparty: z
      .boolean()
      .default(false)
      .describe('true: who is no registered agent counts as unrated; false: it is not judged'),
  }),
  summary: 'The tier of payments to agents whose ERC-8004 reputation is low, or missing.',
  example: { min_score: 60, unrated_tier: 'DELAY', check_counterparty: true },
  says: ({ min_score, below_threshold_tier: low, unrated_tier: none, check_counterparty }: Thresholds) => [
    `Payments to agents with a score below ${min_score} go ${tierWords[low]}`,
    `Payments to ${check_counterparty ? 'whoever nobody has rated' : 'agents that nobody has rated'} go ${tierWords[none]}`,
  ],
} as const satisfies PolicyTypeEntry
