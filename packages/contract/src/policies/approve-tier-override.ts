import { z } from 'zod'
import { Tier } from '../tiers.ts'
import { tierWords } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const ApproveTierOverride = z.strictObject({
  tier: Tier.describe('the mildest that an approval may have; other policies can be stricter'),
})

export const approveTierOverride = {
  rules: ApproveTierOverride,
  summary: 'The tier of every approval, unless another policy is stricter.',
  example: { tier: 'APPROVAL' },
  says: ({ tier }: z.output<typeof ApproveTierOverride>) => [`Every allowance goes ${tierWords[tier]}, or slower`],
} as const satisfies PolicyTypeEntry
