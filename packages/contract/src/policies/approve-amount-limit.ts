import { z } from 'zod'
import { TokenUnits } from './fields.ts'
import type { PolicyTypeEntry } from './type.ts'

const ApproveAmountLimit = z.strictObject({
  maxAmount: TokenUnits.optional().describe(
    'the most of any token that one approval may allow, in base units of the token',
  ),
  blockUnlimited: z.boolean().default(true).describe('refuse approvals without a limit'),
})

export const approveAmountLimit = {
  rules: ApproveAmountLimit,
  summary: 'How much one approval may allow. Without it, approvals without a limit are refused.',
  example: { maxAmount: '100000000' },
  says: ({ maxAmount, blockUnlimited }: z.output<typeof ApproveAmountLimit>) => [
    ...(maxAmount === undefined ? [] : [`One allowance is of at most ${maxAmount} base units of its token`]),
    blockUnlimited ? 'Allowances without a limit are refused' : 'Allowances without a limit wait for your approval',
  ],
} as const satisfies PolicyTypeEntry
