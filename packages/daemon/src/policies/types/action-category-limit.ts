import {
  type ActionCategory,
  add,
  parseMicros,
  parseUsd,
  remaining,
  smallest,
  TIERS,
  type Tier,
  type Usd,
  usdNumber,
  usdText,
  ZERO_USD,
} from '@waiaas/contract'
import { amountWithin } from '../bill.ts'
import type { Case, Finding } from '../case.ts'
import { othersUsd } from '../first-recipient.ts'
import { asStrict, atMost } from '../within.ts'
import { factUnknown, policyType, type Scoped } from './type.ts'

type ActionCategoryLimit = {
  readonly category: ActionCategory
  readonly single: Usd | null
  readonly daily: Usd | null
  readonly monthly: Usd | null
  readonly tier: Tier
}

export const actionCategoryLimit = policyType<'ACTION_CATEGORY_LIMIT', ActionCategoryLimit>({
  admit: (rules) => rules,
  compile: (rules) => ({
    category: rules.category,
    single: micros(rules.per_action_limit_usd),
    daily: micros(rules.daily_limit_usd),
    monthly: micros(rules.monthly_limit_usd),
    tier: rules.tier_on_exceed,
  }),
  judge,
  within: (one, other) =>
    one.category === other.category &&
    atMost(one.single, other.single) &&
    atMost(one.daily, other.daily) &&
    atMost(one.monthly, other.monthly) &&
    asStrict(one.tier, other.tier),
  bounds: ({ rules }) => ({
    amountUpTo(step, holding, of) {
      if (!of.facts.actions.includes(rules.category) || TIERS.indexOf(rules.tier) <= step) return undefined
      const rooms = limitsOf(rules, of).map(({ limit, spent }) => remaining(limit, spent))
      const room = smallest(rooms)
      if (room === undefined) return undefined
      const amount = amountWithin(holding, remaining(room, othersUsd(holding, of)))
      return amount && remaining(amount, holding.deposits)
    },
  }),
})

const micros = (value: number | undefined): Usd | null => (value === undefined ? null : parseUsd(value))

/** What an action moves is what its kind says, or what leaves, whichever is more. */
function judge({ id, rules }: Scoped<ActionCategoryLimit>, of: Case, findings: Finding[]): void {
  const { category, daily, monthly, tier } = rules
  if (!of.facts.actions.includes(category)) return
  const { notionalUsd, categories } = of.input.standing ?? {}
  const before = categories?.[category]
  const outflow = of.bill.outflowUsd
  if (notionalUsd === undefined || outflow === null) {
    findings.push(factUnknown(id, `what this ${category} moves in dollars`))
    return
  }
  if (!before && (daily !== null || monthly !== null)) {
    findings.push(factUnknown(id, `what was moved before in the category ${category}`))
    return
  }
  const usd = add(outflow, remaining(parseMicros(notionalUsd), outflow))
  for (const { each, limit, spent } of limitsOf(rules, of)) {
    if (add(spent, usd) <= limit) continue
    findings.push({
      code: 'ACTION_CATEGORY_EXCEEDED',
      verdict: tier,
      policyId: id,
      tell: () => ({
        message: `it moves ${usdText(usd)} USD in the category ${category}, where ${usdText(limit)} USD ${each} are allowed${spent > ZERO_USD ? `, of which ${usdText(spent)} USD are used` : ''}`,
        observed: usdNumber(add(spent, usd)),
        allowed: usdNumber(limit),
      }),
    })
  }
}

type Used = { readonly each: string; readonly limit: Usd; readonly spent: Usd }

/** Its limits, and what of each is used. */
function limitsOf({ category, single, daily, monthly }: ActionCategoryLimit, { input }: Case): Used[] {
  const before = input.standing?.categories?.[category]
  const all = [
    { each: 'at once', limit: single, spent: ZERO_USD },
    { each: 'a day', limit: daily, spent: parseMicros(before?.dayUsd ?? '0') },
    { each: 'in 30 days', limit: monthly, spent: parseMicros(before?.monthUsd ?? '0') },
  ]
  return all.flatMap(({ limit, ...rest }) => (limit === null ? [] : [{ ...rest, limit }]))
}
