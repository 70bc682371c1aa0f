import { z } from 'zod'
import { parseUsd, usdNumber } from './money.ts'
import { CHAINS } from './networks.ts'

/** A year: no rule needs a longer time, and sums with it stay exact. */
const LONGEST = 31_536_000
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/
const BASE58_ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{25,44}$/
const CAIP19 =
  /^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}\/(?:erc20:0x[0-9a-fA-F]{40}|token:[1-9A-HJ-NP-Za-km-z]{25,44}|slip44:\d+)$/

/** The form in which addresses compare: EVM in lower case, others exactly as they are. */
export const addressKey = (address: string): string => (EVM_ADDRESS.test(address) ? address.toLowerCase() : address)

/** The form in which CAIP-19 assets compare: EVM token addresses in lower case. */
export const assetKey = (asset: string): string => (asset.includes('/erc20:') ? asset.toLowerCase() : asset)

const Address = z
  .string()
  .refine((text) => EVM_ADDRESS.test(text) || BASE58_ADDRESS.test(text), {
    error: 'expected an address: 0x and 40 hex digits, or base58',
  })
  .describe('EVM in any case (a mixed-case checksum must be right), Solana exactly')

const Digits = z
  .string()
  .regex(/^\d{1,78}$/, { error: 'expected an amount in base units, digits only' })
  .describe('base units of the native asset')

const DecimalText = z
  .string()
  .max(120)
  .regex(/^(0|[1-9]\d*)(\.\d+)?$/, { error: 'expected decimal text such as "1.5"' })

/** Reads a USD amount exactly; gives back the JSON number, which is what clients read. */
const Usd = z
  .union([z.number(), z.string().max(60)])
  .transform((value, context): number => {
    try {
      const micros = parseUsd(value)
      if (parseUsd(usdNumber(micros)) === micros) return usdNumber(micros)
      context.addIssue({ code: 'custom', message: 'expected a USD amount that a JSON number can hold exactly' })
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    }
    return z.NEVER
  })
  .describe('USD as a JSON number or decimal text, at most 6 decimals')
const PositiveUsd = Usd.refine((value) => value > 0, { error: 'expected more than 0 USD' })

const Seconds = z.int().min(1).max(LONGEST).describe('seconds')

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

const TOKEN_KEYS = ['native', ...CHAINS.map((chain) => `native:${chain}`)]
const TokenLimits = z.record(z.string(), TokenLimit).superRefine((limits, context) => {
  const seen = new Set<string>()
  for (const key of Object.keys(limits)) {
    const known = TOKEN_KEYS.includes(key) || CAIP19.test(key)
    const twice = seen.has(assetKey(key))
    seen.add(assetKey(key))
    if (known && !twice) continue
    const message = twice
      ? `${key} is there twice`
      : `expected a CAIP-19 asset or one of ${TOKEN_KEYS.join(', ')}, got ${key.slice(0, 80)}`
    context.addIssue({ code: 'custom', message, path: [key] })
  }
})

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
      'by CAIP-19 asset, native or native:<chain>; decimal text in whole units',
    ),
    delay_seconds: Seconds.default(900),
    approval_timeout: Seconds.optional(),
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
    const { delay_seconds: _, approval_timeout: __, over_limit: ___, token_limits, ...amounts } = rules
    const limits = Object.values(amounts).filter((value) => value !== undefined).length
    if (limits + Object.keys(token_limits ?? {}).length === 0) {
      const message =
        'expected at least one limit: *_max, *_max_usd, token_limits, daily_limit_usd or monthly_limit_usd'
      context.addIssue({ code: 'custom', message })
    }
  })

const usdDecimal = (value: number): string => {
  const micros = String(parseUsd(value)).padStart(7, '0')
  return `${micros.slice(0, -6)}.${micros.slice(-6)}`
}

const Whitelist = z.strictObject({ allowed_addresses: z.array(Address).min(1).max(10_000) })

const AllowedToken = z
  .strictObject({
    address: Address,
    symbol: z.string().max(40).optional(),
    chain: z.enum(CHAINS).optional(),
    assetId: z.string().regex(CAIP19, { error: 'expected a CAIP-19 asset' }).optional(),
  })
  .refine(({ address, assetId }) => !assetId || assetKey(assetId).endsWith(`:${addressKey(address)}`), {
    error: 'expected an assetId that names the same address',
    path: ['assetId'],
  })
const AllowedTokens = z.strictObject({ tokens: z.array(AllowedToken).min(1).max(10_000) })

const AllowedNetworks = z.strictObject({
  networks: z
    .array(z.strictObject({ network: z.string().min(1).max(80), name: z.string().max(100).optional() }))
    .min(1)
    .max(1_000)
    .describe('ids, CAIP-2 names or older aliases of configured networks'),
})

const RateLimit = z.strictObject({
  max_requests: z.int().min(1).max(1_000_000),
  window_seconds: Seconds.describe('rolling window, seconds'),
})

const Timezone = z.string().max(60).refine(isTimezone, { error: 'expected an IANA time zone such as Europe/Berlin' })

/** A wrapping window (22 to 6) belongs to the day on which it began. */
const TimeRestriction = z.strictObject({
  allowed_hours: z
    .strictObject({ start: z.int().min(0).max(23), end: z.int().min(1).max(24) })
    .refine(({ start, end }) => start !== end, { error: 'expected start and end to differ; 0 to 24 is the whole day' })
    .describe(
      'start inclusive, end exclusive; a start after the end wraps midnight and belongs to the day of its start',
    ),
  allowed_days: z.array(z.int().min(0).max(6)).min(1).max(7).describe('0 is Sunday'),
  timezone: Timezone.default('UTC'),
})

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The policy types that this release enforces. Validation, the wire's enum, the documents and the evaluator follow from this table. */
export const policyTypes = {
  SPENDING_LIMIT: {
    rules: SpendingLimit,
    summary: 'How much may leave at once, after a notice, after a delay or with approval, and in a day or month.',
  },
  ALLOWED_TOKENS: { rules: AllowedTokens, summary: 'The only tokens that may leave.' },
  WHITELIST: { rules: Whitelist, summary: 'The only addresses that may receive.' },
  ALLOWED_NETWORKS: { rules: AllowedNetworks, summary: 'The only networks that may be used.' },
  RATE_LIMIT: { rules: RateLimit, summary: 'How many requests may be accepted in a rolling window.' },
  TIME_RESTRICTION: { rules: TimeRestriction, summary: 'The only hours and weekdays at which anything may leave.' },
} as const satisfies Record<string, { rules: z.ZodType; summary: string }>

export type PolicyType = keyof typeof policyTypes
/** The parsed rules of one type, defaults filled in. */
export type PolicyRules<T extends PolicyType = PolicyType> = z.output<(typeof policyTypes)[T]['rules']>

// Object.keys is typed as text; the table's own keys are exactly the types.
export const POLICY_TYPES = Object.keys(policyTypes) as [PolicyType, ...PolicyType[]]
export const isPolicyType = (type: string): type is PolicyType => Object.hasOwn(policyTypes, type)
