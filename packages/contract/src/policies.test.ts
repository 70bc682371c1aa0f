import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CreatePolicyRequest,
  POLICY_TYPES,
  type PolicyType,
  parseRules,
  policyOperations,
  policyTypes,
  policyWords,
} from './index.ts'

const wallet = '0198a6f0-0000-7000-8000-000000000001'
const refusals = (request: unknown): string[] => {
  const parsed = CreatePolicyRequest.safeParse(request)
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}
const rulesOf = (type: string, rules: unknown) => refusals({ type, rules })

const USDC = '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238'
const SOLANA = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'

describe('rules that are accepted', () => {
  test.each<[string, object]>([
    [
      'SPENDING_LIMIT',
      { instant_max_usd: 100, notify_max_usd: 500, delay_max_usd: 2000, delay_seconds: 900, daily_limit_usd: 5000 },
    ],
    ['SPENDING_LIMIT', { monthly_limit_usd: '0.000001' }],
    ['SPENDING_LIMIT', { instant_max: '0' }],
    [
      'SPENDING_LIMIT',
      { instant_max: '1', delay_max: '1', over_limit: 'APPROVAL', delay_seconds: 1, approval_timeout: 60 },
    ],
    ['SPENDING_LIMIT', { token_limits: { native: { instant_max: '0.1', notify_max: '0.10', delay_max: '2' } } }],
    [
      'SPENDING_LIMIT',
      { token_limits: { [`eip155:1/erc20:${USDC}`]: { instant_max: '1', notify_max: '1', delay_max: '1' } } },
    ],
    ['WHITELIST', { allowed_addresses: [USDC, USDC.toLowerCase(), SOLANA] }],
    ['ALLOWED_TOKENS', { tokens: [{ address: SOLANA, symbol: 'USDC', chain: 'solana' }] }],
    ['ALLOWED_TOKENS', { tokens: [{ address: USDC, assetId: `eip155:1/erc20:${USDC.toLowerCase()}` }] }],
    ['ALLOWED_NETWORKS', { networks: [{ network: 'devnet', name: 'Devnet' }] }],
    ['RATE_LIMIT', { max_requests: 1, window_seconds: 1 }],
    ['TIME_RESTRICTION', { allowed_hours: { start: 22, end: 6 }, allowed_days: [0, 6], timezone: 'Asia/Kathmandu' }],
    ...[
      'a',
      'localhost',
      'api.example.com',
      'API.example.com',
      '10.0.0.1',
      '*.example.com',
      '*.a.example',
      'x_y.example',
    ].map((domain): [string, object] => ['X402_ALLOWED_DOMAINS', { domains: [domain] }]),
    ['LENDING_LTV_LIMIT', { maxLtv: 1, warningLtv: 0.000001 }],
    ['PERP_MAX_LEVERAGE', { maxLeverage: 0.5 }],
    ['PERP_MAX_POSITION_USD', { maxPositionUsd: '0.000001' }],
    ['REPUTATION_THRESHOLD', { min_score: 0 }],
    ['ACTION_CATEGORY_LIMIT', { category: 'custom', monthly_limit_usd: 1 }],
  ])('%s %j', (type, rules) => {
    expect(rulesOf(type, rules)).toEqual([])
  })
})

describe('rules that are refused, naming the field', () => {
  const tokenLimit = { instant_max: '1', notify_max: '1', delay_max: '1' }
  test.each<[string, object, string]>([
    ['SPENDING_LIMIT', {}, 'rules: expected at least one limit'],
    ['SPENDING_LIMIT', { delay_seconds: 60 }, 'rules: expected at least one limit'],
    ['SPENDING_LIMIT', { token_limits: {} }, 'rules: expected at least one limit'],
    [
      'SPENDING_LIMIT',
      { instant_max: '5', delay_max: '4' },
      'rules.delay_max: expected delay_max of at least instant_max (5)',
    ],
    ['SPENDING_LIMIT', { notify_max_usd: 10, delay_max_usd: '9.999999' }, 'rules.delay_max_usd: expected'],
    [
      'SPENDING_LIMIT',
      { token_limits: { native: { ...tokenLimit, delay_max: '0.99' } } },
      'rules.token_limits.native.delay_max',
    ],
    ['SPENDING_LIMIT', { token_limits: { USDC: tokenLimit } }, 'rules.token_limits.USDC: expected a CAIP-19'],
    ['SPENDING_LIMIT', { token_limits: { 'native:a/b': tokenLimit } }, 'rules.token_limits.native:a/b'],
    ['SPENDING_LIMIT', { instant_max: 5 }, 'rules.instant_max'],
    ['SPENDING_LIMIT', { instant_max: '0.1' }, 'rules.instant_max: expected an amount in base units'],
    ['SPENDING_LIMIT', { instant_max_usd: 0.0000001 }, 'rules.instant_max_usd: expected at most 6 decimals'],
    ['SPENDING_LIMIT', { instant_max_usd: -1 }, 'rules.instant_max_usd'],
    [
      'SPENDING_LIMIT',
      { instant_max_usd: '90071992547409.123457' },
      'rules.instant_max_usd: expected a USD amount that',
    ],
    ['SPENDING_LIMIT', { daily_limit_usd: 0 }, 'rules.daily_limit_usd: expected more than 0'],
    ['SPENDING_LIMIT', { instant_max: '1', delay_seconds: 0 }, 'rules.delay_seconds'],
    ['SPENDING_LIMIT', { instant_max: '1', over_limit: 'ALLOW' }, 'rules.over_limit'],
    ['SPENDING_LIMIT', { first_recipient: { tier: 'NOTIFY' } }, 'rules: expected at least one limit'],
    ['SPENDING_LIMIT', { instant_max: '1', first_recipient: { tier: 'INSTANT' } }, 'rules.first_recipient.tier'],
    ['SPENDING_LIMIT', { instant_max: '1', first_recipient: {} }, 'rules.first_recipient.tier'],
    ['WHITELIST', { allowed_addresses: [] }, 'rules.allowed_addresses'],
    ['WHITELIST', { allowed_addresses: ['0x12'] }, 'rules.allowed_addresses.0: expected an address'],
    ['ALLOWED_TOKENS', { tokens: [] }, 'rules.tokens'],
    ['ALLOWED_TOKENS', { tokens: [{ address: SOLANA, assetId: `eip155:1/erc20:${USDC}` }] }, 'rules.tokens.0.assetId'],
    ['ALLOWED_NETWORKS', { networks: [] }, 'rules.networks'],
    ['RATE_LIMIT', { max_requests: 0, window_seconds: 60 }, 'rules.max_requests'],
    ['RATE_LIMIT', { max_requests: 1.5, window_seconds: 60 }, 'rules.max_requests'],
    [
      'TIME_RESTRICTION',
      { allowed_hours: { start: 9, end: 9 }, allowed_days: [1] },
      'rules.allowed_hours: expected start',
    ],
    ['TIME_RESTRICTION', { allowed_hours: { start: 0, end: 25 }, allowed_days: [1] }, 'rules.allowed_hours.end'],
    ['TIME_RESTRICTION', { allowed_hours: { start: 0, end: 24 }, allowed_days: [7] }, 'rules.allowed_days.0'],
    [
      'TIME_RESTRICTION',
      { allowed_hours: { start: 0, end: 24 }, allowed_days: [1], timezone: 'Mars' },
      'rules.timezone: expected an IANA',
    ],
    ...[
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      '*',
      '*.',
      '*.com',
      '*.0.0.1',
      'a.*.com',
      'https://a.b',
      'a.b/c',
      'a.b:80',
      'bücher.example',
      'a b',
    ].map((domain): [string, object, string] => [
      'ERC8128_ALLOWED_DOMAINS',
      { domains: [domain] },
      'rules.domains.0: expected a host',
    ]),
    ['X402_ALLOWED_DOMAINS', { domains: [] }, 'rules.domains'],
    ['ERC8128_ALLOWED_DOMAINS', { domains: ['a.b'], rate_limit_rpm: 0 }, 'rules.rate_limit_rpm'],
    ['LENDING_LTV_LIMIT', { maxLtv: 0.5 }, 'rules.warningLtv'],
    ['LENDING_LTV_LIMIT', { maxLtv: 0.5, warningLtv: 0.6 }, 'rules.warningLtv: expected warningLtv of at most maxLtv'],
    ['LENDING_LTV_LIMIT', { maxLtv: 1.1, warningLtv: 0.6 }, 'rules.maxLtv'],
    ['LENDING_LTV_LIMIT', { maxLtv: 0.1234567, warningLtv: 0 }, 'rules.maxLtv: expected a number with at most 6'],
    ['LENDING_ASSET_WHITELIST', { assets: [] }, 'rules.assets'],
    ['LENDING_ASSET_WHITELIST', { assets: [{ address: 'native' }] }, 'rules.assets.0.address: expected an address'],
    ['PERP_MAX_LEVERAGE', { maxLeverage: 0 }, 'rules.maxLeverage'],
    ['PERP_MAX_LEVERAGE', { maxLeverage: 2, warningLeverage: 3 }, 'rules.warningLeverage: expected'],
    ['PERP_MAX_POSITION_USD', { maxPositionUsd: 0 }, 'rules.maxPositionUsd: expected more than 0'],
    ['PERP_MAX_POSITION_USD', { maxPositionUsd: 2, warningPositionUsd: 3 }, 'rules.warningPositionUsd: expected'],
    ['PERP_ALLOWED_MARKETS', { markets: [] }, 'rules.markets'],
    ['PERP_ALLOWED_MARKETS', { markets: [{ market: 'ETH USD' }] }, 'rules.markets.0.market: expected a name'],
    ['REPUTATION_THRESHOLD', { min_score: 101 }, 'rules.min_score'],
    ['REPUTATION_THRESHOLD', { min_score: 1, tag1: 'x'.repeat(33) }, 'rules.tag1'],
    ['VENUE_WHITELIST', { venues: [] }, 'rules.venues'],
    ['ACTION_CATEGORY_LIMIT', { category: 'swap' }, 'rules: expected at least one of daily_limit_usd'],
    ['ACTION_CATEGORY_LIMIT', { category: 'theft', daily_limit_usd: 1 }, 'rules.category'],
    [
      'ACTION_CATEGORY_LIMIT',
      { category: 'swap', daily_limit_usd: 1, tier_on_exceed: 'INSTANT' },
      'rules.tier_on_exceed',
    ],
  ])('%s %j', (type, rules, expected) => {
    expect(rulesOf(type, rules).join('; ')).toContain(expected)
  })
  test.each(POLICY_TYPES)('an unknown field in the rules of %s', (type) => {
    expect(rulesOf(type, { bursts: 3 }).join('; ')).toContain('bursts')
  })
  test('an unknown field beside the rules', () => {
    expect(refusals({ type: 'RATE_LIMIT', rules: { max_requests: 1, window_seconds: 1 }, tier: 'DELAY' })).not.toEqual(
      [],
    )
  })
  test('a type that this release could not enforce, naming those that it does', () => {
    const [refusal] = refusals({ walletId: wallet, type: 'MOON_PHASE', rules: { phases: ['full'] } })
    expect(refusal).toContain('type: this release enforces SPENDING_LIMIT, ALLOWED_TOKENS')
    expect(refusal).toContain('MOON_PHASE')
  })
})

test('rules come back with their defaults, USD as JSON numbers, and parse to themselves', () => {
  const rules = parseRules('SPENDING_LIMIT', { instant_max_usd: '10.50' })
  expect(rules).toEqual({ instant_max_usd: 10.5, delay_seconds: 900, max_fee_usd: 25, over_limit: 'DENY' })
  expect(parseRules('SPENDING_LIMIT', rules)).toEqual(rules)
  expect(parseRules('TIME_RESTRICTION', { allowed_hours: { start: 0, end: 24 }, allowed_days: [1] }).timezone).toBe(
    'UTC',
  )
})

test('USD amounts up to eight billion survive storing exactly', () => {
  const micros = fc.bigInt({ min: 1n, max: 8_000_000_000_000_000n })
  fc.assert(
    fc.property(micros, (amount) => {
      const digits = String(amount).padStart(7, '0')
      const text = `${digits.slice(0, -6)}.${digits.slice(-6)}`
      const { daily_limit_usd } = parseRules('SPENDING_LIMIT', { daily_limit_usd: text })
      expect(parseRules('SPENDING_LIMIT', JSON.parse(JSON.stringify({ daily_limit_usd }))).daily_limit_usd).toBe(
        daily_limit_usd,
      )
      expect(daily_limit_usd).toBe(Number(text))
    }),
  )
})

test('wrong rules of an update are a declared failure that names the field', () => {
  expect(() => parseRules('RATE_LIMIT', { max_requests: 0, window_seconds: 1 })).toThrow(/rules\.max_requests/)
})

test('only operators change policies, agents may list them', () => {
  const access = Object.entries(policyOperations).map(([name, { access }]) => [name, String(access)])
  expect(Object.fromEntries(access)).toEqual({
    createPolicy: 'operator',
    listPolicyVersions: 'operator',
    listPolicies: 'agent,operator',
    getPolicy: 'operator',
    updatePolicy: 'operator',
    deletePolicy: 'operator',
  })
})

test.each<[PolicyType, object, string[]]>([
  [
    'SPENDING_LIMIT',
    { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 500, delay_seconds: 300, daily_limit_usd: 500 },
    [
      'Up to 10 USD at once, 500 USD after 5 minutes; above that with your approval',
      'At most 500 USD in 24 hours, fees included; more is refused',
      'A fee above 25 USD needs your approval',
    ],
  ],
  [
    'SPENDING_LIMIT',
    { instant_max_usd: 0, delay_max_usd: 0, over_limit: 'APPROVAL', monthly_limit_usd: 0.5, approval_timeout: 86_400 },
    [
      'Everything needs your approval',
      'At most 0.5 USD in 30 days, fees included; more needs your approval',
      'A fee above 25 USD needs your approval',
      'An approval is asked for during 1 day',
    ],
  ],
  [
    'SPENDING_LIMIT',
    { notify_max: '7', token_limits: { native: { instant_max: '0.1', notify_max: '0.2', delay_max: '0.2' } } },
    [
      'Of native currency: Up to 7 base units at once, with a notice; above that with your approval',
      'Of native: Up to 0.1 at once, 0.2 at once, with a notice; above that with your approval',
      'A fee above 25 USD needs your approval',
    ],
  ],
  ['RATE_LIMIT', { max_requests: 1, window_seconds: 5_400 }, ['At most 1 request in 90 minutes']],
  [
    'TIME_RESTRICTION',
    { allowed_hours: { start: 8, end: 18 }, allowed_days: [5, 1] },
    ['Only from 8:00 to 18:00 on Monday, Friday, by the time of UTC'],
  ],
  [
    'WHITELIST',
    { allowed_addresses: Array.from({ length: 8 }, (_, index) => `0x${String(index).repeat(40)}`) },
    [expect.stringMatching(/^Pays only 0x0{40}, .*0x5{40} and 2 more$/)],
  ],
])('%s %j is said in words', (type, rules, words) => {
  expect(policyWords(type, rules)).toEqual(words)
})

test('each type says in words what its example does; what is no rule of it, or of no type, says nothing', () => {
  for (const type of POLICY_TYPES) {
    const words = policyWords(type, policyTypes[type].example)
    expect([type, words.length > 0]).toEqual([type, true])
    for (const word of words) expect(word).toMatch(/^[A-Z0-9].*[^.\s]$/)
    expect(words.join()).not.toMatch(/undefined|null|\[object/)
  }
  expect([policyWords('RATE_LIMIT', {}), policyWords('OTHER', {})]).toEqual([[], []])
})
