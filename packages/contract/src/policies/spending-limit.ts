import { z } from 'zod'
import { assetKey, NAMED_ASSET } from '../families.ts'
import { parseUsd } from '../money.ts'
import { DecimalText, Digits, PositiveUsd, Seconds, Usd } from './fields.ts'
import { spendingWords } from './spending-words.ts'
import type { PolicyDollars, PolicyTypeEntry } from './type.ts'

const compareDecimals = (left: string, right: string): number => {
  const scale = Math.max(fraction(left).length, fraction(right).length)
  const [a, b] = [left, right].map((text) => BigInt(text.split('.')[0]! + fraction(text).padEnd(scale, '0')))
  return a! < b! ? -1 : a! > b! ? 1 : 0
}
const fraction = (text: string) => text.split('.')[1] ?? ''

type Issues = { addIssue(issue: { code: 'custom'; message: string; path: PropertyKey[] }): void }
/** Says which threshold is below its predecessor; absent ones are passed over. */
function requireOrder(issues: Issues, thresholds: readonly (readonly [name: string, value: string | undefined])[]) {
  const given = thresholds.filter((entry): entry is [string, string] => entry[1] !== undefined)
  for (const [index, [name, value]] of given.entries()) {
    const before = given[index - 1]
    if (!before || compareDecimals(before[1], value) <= 0) continue
    const message = `expected ${name} of at least ${before[0]} (${before[1]}), got ${value}`
    issues.addIssue({ code: 'custom', message, path: [name] })
  }
}

const TokenLimit = z
  .strictObject({ instant_max: DecimalText, notify_max: DecimalText, delay_max: DecimalText })
  .superRefine((limit, context) => requireOrder(context, Object.entries(limit)))

const NATIVE_KEY = /^native(?::[^/\s]{1,100})?$/
const TokenLimits = z.record(z.string(), TokenLimit).superRefine((limits, context) => {
  const seen = new Set<string>()
  for (const key of Object.keys(limits)) {
    const known = NATIVE_KEY.test(key) || NAMED_ASSET.test(key)
    const twice = seen.has(assetKey(key))
    seen.add(assetKey(key))
    if (known && !twice) continue
    const message = twice
      ? `${key} is there twice`
      : `expected a CAIP-19 asset, native or native:<chain>, got ${key.slice(0, 80)}`
    context.addIssue({ code: 'custom', message, path: [key] })
  }
})

const FirstRecipient = z.strictObject({
  tier: z
    .enum(['NOTIFY', 'DELAY', 'APPROVAL'])
    .describe(
      'of payments to recipients that the wallet does not know, and of more than ten times what one has had in all',
    ),
  wait_seconds: z
    .int()
    .min(0)
    .max(31_536_000)
    .meta({ format: 'seconds' })
    .default(86_400)
    .describe('for so long after the first payment to one is final it is not known yet'),
})

/** What bounds value; the others only say how. */
const LIMITS = [
  'instant_max',
  'notify_max',
  'delay_max',
  'instant_max_usd',
  'notify_max_usd',
  'delay_max_usd',
  'daily_limit_usd',
  'monthly_limit_usd',
] as const

const SpendingLimit = z
  .strictObject({
    instant_max: Digits.optional(),
    notify_max: Digits.optional(),
    delay_max: Digits.optional(),
    instant_max_usd: Usd.optional(),
    notify_max_usd: Usd.optional(),
    delay_max_usd: Usd.optional(),
    daily_limit_usd: PositiveUsd.optional().describe('USD in any 24 hours, fees included'),
    monthly_limit_usd: PositiveUsd.optional().describe('USD in any 30 days, fees included'),
    token_limits: TokenLimits.optional().describe(
      'by CAIP-19 asset, native or native:<chain>, a family of chains or one network by any of its names; decimal text in whole units',
    ),
    delay_seconds: Seconds.default(900),
    approval_timeout: Seconds.optional(),
    max_fee_usd: Usd.default(25).describe('USD that the worst fee of one transaction may be; 25 unless given'),
    max_fee: Digits.optional().describe('the same in base units of the native asset, where it has no price'),
    first_recipient: FirstRecipient.optional(),
    over_limit: z.enum(['DENY', 'APPROVAL']).default('DENY').describe('above the daily or monthly limit'),
  })
  .superRefine((rules, context) => {
    const usdText = (value: number | undefined) => (value === undefined ? undefined : usdDecimal(value))
    requireOrder(context, [
      ['instant_max', rules.instant_max],
      ['notify_max', rules.notify_max],
      ['delay_max', rules.delay_max],
    ])
    requireOrder(context, [
      ['instant_max_usd', usdText(rules.instant_max_usd)],
      ['notify_max_usd', usdText(rules.notify_max_usd)],
      ['delay_max_usd', usdText(rules.delay_max_usd)],
    ])
    const limits = LIMITS.filter((name) => rules[name] !== undefined).length
    if (limits + Object.keys(rules.token_limits ?? {}).length === 0) {
      const message =
        'expected at least one limit: *_max, *_max_usd, token_limits, daily_limit_usd or monthly_limit_usd'
      context.addIssue({ code: 'custom', message })
    }
  })

const INSTALLED = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: 300,
  daily_limit_usd: 500,
  over_limit: 'DENY',
  first_recipient: { tier: 'NOTIFY', wait_seconds: 86_400 },
} as const

function dollars(rules: z.output<typeof SpendingLimit>): PolicyDollars {
  const value = rules.daily_limit_usd ?? rules.monthly_limit_usd ?? rules.delay_max_usd
  return { value: value === undefined ? null : parseUsd(value), fee: parseUsd(rules.max_fee_usd) }
}

const usdDecimal = (value: number): string => {
  const micros = String(parseUsd(value)).padStart(7, '0')
  return `${micros.slice(0, -6)}.${micros.slice(-6)}`
}

export const spendingLimit = {
  rules: SpendingLimit,
  summary: 'How much may leave at once, after a notice, after a delay or with approval, and in a day or month.',
  example: { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 500 },
  installed: INSTALLED,
  defaultDeny: {
    setting: 'policy.default_deny_unpriced',
    default: false,
    summary: 'Refuse what has no trustworthy price, where a limit in dollars would otherwise put it before a person.',
    toggle: 'denyUnpriced',
    shown: 'unpriced',
    isLater: true,
  },
  dollars,
  says: spendingWords,
} as const satisfies PolicyTypeEntry
