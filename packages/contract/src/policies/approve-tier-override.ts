import { z } from 'zod'
import { Tier } from '../tiers.ts'
import type { PolicyTypeEntry } from './type.ts'

const ApproveTierOverride = z.strictObject({
  tier: Tier.describe('the mildest that an approval may have; other policies can be stricter'),
})

export const approveTierOverride = {
  rules: ApproveTierOverride,
  summary: 'The tier of every approval, unless another policy is stricter.',
  example: { tier: 'APPROVAL' },
} as const satisfies PolicyTypeEntry
