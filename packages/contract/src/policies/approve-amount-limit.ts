import { z } from 'zod'
import { Digits } from './fields.ts'
import type { PolicyTypeEntry } from './type.ts'

const ApproveAmountLimit = z.strictObject({
  maxAmount: Digits.optional().describe(
    'the most of any token that one approval may allow, in base units of the token',
  ),
  blockUnlimited: z.boolean().default(true).describe('refuse approvals without a limit'),
})

export const approveAmountLimit = {
  rules: ApproveAmountLimit,
  summary: 'How much one approval may allow. Without it, approvals without a limit are refused.',
  example: { maxAmount: '100000000' },
} as const satisfies PolicyTypeEntry
