import { z } from 'zod'
import { Address, TokenUnits } from './fields.ts'
import { listed, thing } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

const ApprovedSpenders = z.strictObject({
  spenders: z
    .array(
      z.strictObject({
        address: Address,
        name: z.string().max(100).optional(),
        maxAmount: TokenUnits.optional().describe(
          'the most that it may be allowed at once, in base units of the token',
        ),
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
  says: ({ spenders }: z.output<typeof ApprovedSpenders>) => {
    const named = spenders.map((one) =>
      one.maxAmount === undefined ? thing(one) : `${thing(one)} up to ${one.maxAmount} base units`,
    )
    return [`Allowances only for ${listed(named)}`]
  },
} as const satisfies PolicyTypeEntry
