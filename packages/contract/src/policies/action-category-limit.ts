import { z } from 'zod'
import { ActionCategory } from '../effects.ts'
import { PositiveUsd } from './fields.ts'
import { tierWords, usd } from './says.ts'
import type { PolicyTypeEntry } from './type.ts'

type Limits = {
  category: string
  daily_limit_usd?: number | undefined
  monthly_limit_usd?: number | undefined
  per_action_limit_usd?: number | undefined
  tier_on_exceed: 'NOTIFY' | 'DELAY' | 'APPROVAL'
}

export const actionCategoryLimit = {
  rules: z
    .strictObject({
      category: ActionCategory,
      daily_limit_usd: PositiveUsd.optional().describe('USD in any 24 hours'),
      monthly_limit_usd: PositiveUsd.optional().describe('USD in any 30 days'),
      per_action_limit_usd: PositiveUsd.optional().describe('USD of one action'),
      tier_on_exceed: z.enum(['NOTIFY', 'DELAY', 'APPROVAL']).default('DELAY').describe('of what is above a limit'),
    })
    .refine(
      ({ daily_limit_usd: daily, monthly_limit_usd: monthly, per_action_limit_usd: single }) =>
        [daily, monthly, single].some((limit) => limit !== undefined),
      { error: 'expected at least one of daily_limit_usd, monthly_limit_usd and per_action_limit_usd' },
    ),
  summary: 'How much actions of one kind may move, each and in a day or month, before they wait.',
  example: { category: 'swap', daily_limit_usd: 500, per_action_limit_usd: 100, tier_on_exceed: 'APPROVAL' },
  says: (rules: Limits) => {
    const most = [
      [rules.per_action_limit_usd, 'in one'],
      [rules.daily_limit_usd, 'in 24 hours'],
      [rules.monthly_limit_usd, 'in 30 days'],
    ] as const
    return most.flatMap(([limit, when]) =>
      limit === undefined
        ? []
        : [`Actions of the kind ${rules.category} above ${usd(limit)} ${when} go ${tierWords[rules.tier_on_exceed]}`],
    )
  },
} as const satisfies PolicyTypeEntry
