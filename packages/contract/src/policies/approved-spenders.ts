import { z } from 'zod'
import { Address, Digits } from './fields.ts'
import type { PolicyTypeEntry } from './type.ts'

const ApprovedSpenders = z.strictObject({
  spenders: z
    .array(
      z.strictObject({
        address: Address,
        name: z.string().max(100).optional(),
        maxAmount: Digits.optional().describe('the most that it may be allowed at once, in base units of the token'),
      }),
    )
    .min(1)
    .max(10_000),
})

export const approvedSpenders = {
  rules: ApprovedSpenders,
  summary: 'The only addresses that may be allowed to take tokens.',
  example: { spenders: [{ address: '0x000000000022D473030F116dDEE9F6B43aC78BA3', maxAmount: '100000000' }] },
  defaultDeny: {
    setting: 'policy.default_deny_spenders',
    default: true,
    summary: 'Refuse approvals to spenders that no APPROVED_SPENDERS policy lists.',
    toggle: 'denySpenders',
    shown: 'tokenApprovals',
  },
} as const satisfies PolicyTypeEntry
