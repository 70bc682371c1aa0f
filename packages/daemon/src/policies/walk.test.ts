import {
  type Effect,
  installedRules,
  POLICY_TYPES,
  type PolicyType,
  parseRules,
  policyTypes,
  type Standing,
  tokenAsset,
  toUsd,
} from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import {
  BOB,
  ETH,
  ETHER,
  EVE,
  effects,
  judge,
  NOON,
  network,
  ODD,
  open,
  outflow,
  row,
  spentToday,
  USDC,
  USDC_ADDRESS,
  verdict,
} from '../../test/policies/samples.ts'
import type { EvaluateInput } from './evaluate.ts'

type Situation = Partial<EvaluateInput>
type Walk = {
  rules: object
  /** Beside it, and beside a limit that lets all through. */
  others?: readonly (readonly [PolicyType, object])[]
  allows: Situation
  /** The last that it lets through. */
  edge: Situation
  blocks: Situation
  /** What it says of it, `DENY:` with a code, or a tier. */
  as: string
}

const of = (...list: Effect[]): Situation => ({ effects: effects(list) })
const standing = (known: Standing, ...list: Effect[]): Situation => ({ ...of(...list), standing: known })
const usdc = (amount: bigint, to?: string) => of(outflow(USDC, amount, to))
const server = (scheme: 'x402' | 'erc8128', domain: string): Effect => ({ kind: 'server', scheme, domain })
const loan = (action: 'supply' | 'borrow' | 'repay' | 'withdraw', amount: bigint, asset = USDC): Effect => ({
  ...{ kind: 'loan', action, lender: 'aave-v3', asset },
  amount: String(amount),
})
const position = (market: string, isReducing = false): Effect => ({
  ...{ kind: 'position', venue: 'hyperliquid', market },
  isReducing,
})
const held = (sizeUsd: bigint, marginUsd: bigint): Standing => ({
  positions: [{ venue: 'hyperliquid', market: 'ETH-USD', sizeUsd: String(sizeUsd), marginUsd: String(marginUsd) }],
})
const owing = (debt: bigint, collateral: bigint): Standing => ({
  loans: { 'aave-v3': { debtUsd: String(debt), collateralUsd: String(collateral) } },
})
const rated = (score: string | null, isAgent = true): Standing => ({
  reputations: [{ address: BOB, tag1: '', tag2: '', isAgent, score }],
})
const swapped = (notional: bigint, day: bigint, month = day): Standing => ({
  notionalUsd: String(notional),
  categories: { swap: { dayUsd: String(day), monthUsd: String(month) } },
})
const SWAP: Effect = { kind: 'action', category: 'swap' }
const approve = (amount: bigint, spender = EVE, unlimited = false): Effect => ({
  ...{ kind: 'approval', asset: USDC, spender, unlimited },
  amount: String(amount),
})
const call = (contract: string, selector = '0xa9059cbb'): Effect => ({ kind: 'call', contract, selector, value: '0' })
const signIn = (domain: string): Effect => ({ kind: 'message', form: 'sign-in', domain })
const MARKETS = ['PERP_ALLOWED_MARKETS', { markets: [{ market: 'ETH-USD' }] }] as const
const LENT = ['LENDING_ASSET_WHITELIST', { assets: [{ address: USDC_ADDRESS }] }] as const
const SPENDER = ['APPROVED_SPENDERS', { spenders: [{ address: EVE }] }] as const
const before = (...seconds: number[]): Situation => ({
  requests: { all: seconds.map((ago) => NOON - ago * 1_000), networks: {} },
})

/** Of every type what it lets through, what it just lets through, and what it holds back. */
const walks: { readonly [T in PolicyType]: Walk } = {
  SPENDING_LIMIT: {
    rules: { daily_limit_usd: 5 },
    ...{ allows: usdc(1n), edge: usdc(5_000_000n), blocks: usdc(5_000_001n), as: 'DENY:SPENDING_LIMIT_EXCEEDED' },
  },
  ALLOWED_TOKENS: {
    rules: { tokens: [{ address: USDC_ADDRESS }] },
    allows: usdc(1n),
    edge: of(outflow(ETH, 1n)),
    blocks: of(outflow(USDC, 1n), outflow(ODD, 0n)),
    as: 'DENY:TOKEN_NOT_ALLOWED',
  },
  WHITELIST: {
    rules: { allowed_addresses: [BOB] },
    ...{ allows: usdc(1n, BOB), edge: usdc(0n, BOB), blocks: of(outflow(USDC, 1n, BOB), outflow(USDC, 0n, EVE)) },
    as: 'DENY:WHITELIST_DENIED',
  },
  ALLOWED_NETWORKS: {
    rules: { networks: [{ network: network.id }] },
    ...{ allows: usdc(1n), edge: of(), as: 'DENY:NETWORK_NOT_ALLOWED' },
    blocks: {
      network: { ...network, id: 'elsewhere', caip2: 'eip155:99' },
      effects: { ...effects([]), network: 'elsewhere' },
    },
  },
  RATE_LIMIT: {
    rules: { max_requests: 2, window_seconds: 60 },
    ...{ allows: before(), edge: before(1, 60), blocks: before(1, 59.999), as: 'DENY:RATE_LIMIT_EXCEEDED' },
  },
  TIME_RESTRICTION: {
    rules: { allowed_hours: { start: 9, end: 12 }, allowed_days: [2] },
    ...{
      allows: { now: NOON - 3_600_000 },
      edge: { now: NOON - 1 },
      blocks: { now: NOON },
      as: 'DENY:TIME_RESTRICTED',
    },
  },
  CONTRACT_WHITELIST: {
    rules: { contracts: [{ address: BOB }] },
    ...{ allows: of(call(BOB)), edge: of(call(BOB), call(BOB)), blocks: of(call(BOB), call(EVE)) },
    as: 'DENY:CONTRACT_NOT_WHITELISTED',
  },
  METHOD_WHITELIST: {
    rules: { methods: [{ contractAddress: BOB, selectors: ['transfer(address,uint256)'] }] },
    others: [['CONTRACT_WHITELIST', { contracts: [{ address: BOB }, { address: EVE }] }]],
    ...{ allows: of(call(BOB)), edge: of(call(EVE, '0xa9059cbc')), blocks: of(call(BOB, '0xa9059cbc')) },
    as: 'DENY:METHOD_NOT_WHITELISTED',
  },
  APPROVED_SPENDERS: {
    rules: { spenders: [{ address: EVE, maxAmount: '5' }] },
    ...{ allows: of(approve(1n)), edge: of(approve(2n), approve(3n)), blocks: of(approve(3n), approve(3n)) },
    as: 'DENY:APPROVE_AMOUNT_EXCEEDED',
  },
  APPROVE_AMOUNT_LIMIT: {
    rules: { maxAmount: '5' },
    others: [SPENDER],
    ...{ allows: of(approve(1n)), edge: of(approve(5n)), blocks: of(approve(6n)), as: 'DENY:APPROVE_AMOUNT_EXCEEDED' },
  },
  APPROVE_TIER_OVERRIDE: {
    rules: { tier: 'APPROVAL' },
    others: [SPENDER],
    ...{ allows: usdc(1n), edge: of(approve(0n)), blocks: of(approve(1n)), as: 'APPROVAL' },
  },
  SIGN_MESSAGE_RULES: {
    rules: { siwe_domains: [{ domain: 'app.example' }] },
    ...{ allows: of(signIn('app.example')), edge: of(signIn('APP.example')), blocks: of(signIn('app.example:80')) },
    as: 'APPROVAL',
  },
  X402_ALLOWED_DOMAINS: {
    rules: { domains: ['api.example', '*.data.example'] },
    allows: of(server('x402', 'api.example')),
    edge: of(server('x402', 'a.b.data.example')),
    blocks: of(server('x402', 'data.example')),
    as: 'DENY:X402_DOMAIN_NOT_ALLOWED',
  },
  ERC8128_ALLOWED_DOMAINS: {
    rules: { domains: ['api.example'], rate_limit_rpm: 3 },
    allows: standing({ signedRequests: { 'api.example': 0 } }, server('erc8128', 'api.example')),
    edge: standing({ signedRequests: { 'api.example': 2 } }, server('erc8128', 'api.example')),
    blocks: standing({ signedRequests: { 'api.example': 3 } }, server('erc8128', 'api.example')),
    as: 'DENY:ERC8128_RATE_LIMITED',
  },
  LENDING_LTV_LIMIT: {
    rules: { maxLtv: 0.5, warningLtv: 0.5 },
    others: [LENT],
    allows: standing(owing(0n, 10_000_000n), loan('borrow', 1n)),
    edge: standing(owing(1_000_000n, 10_000_000n), loan('borrow', 4_000_000n)),
    blocks: standing(owing(1_000_000n, 10_000_000n), loan('borrow', 4_000_001n)),
    as: 'DENY:LENDING_LTV_EXCEEDED',
  },
  LENDING_ASSET_WHITELIST: {
    rules: { assets: [{ address: USDC_ADDRESS }] },
    ...{ allows: of(loan('supply', 1n)), edge: of(loan('repay', 0n)), blocks: of(loan('repay', 1n, ODD)) },
    as: 'DENY:LENDING_ASSET_NOT_ALLOWED',
  },
  PERP_MAX_LEVERAGE: {
    rules: { maxLeverage: 2.5 },
    others: [MARKETS],
    allows: standing(held(1_000_000n, 1_000_000n), position('ETH-USD')),
    edge: standing(held(2_500_000n, 1_000_000n), position('ETH-USD')),
    blocks: standing(held(2_500_001n, 1_000_000n), position('ETH-USD')),
    as: 'DENY:PERP_LEVERAGE_EXCEEDED',
  },
  PERP_MAX_POSITION_USD: {
    rules: { maxPositionUsd: 2.5 },
    others: [MARKETS],
    allows: standing(held(1_000_000n, 1n), position('ETH-USD')),
    edge: standing(held(2_500_000n, 1n), position('ETH-USD')),
    blocks: standing(held(2_500_001n, 1n), position('ETH-USD')),
    as: 'DENY:PERP_POSITION_EXCEEDED',
  },
  PERP_ALLOWED_MARKETS: {
    rules: { markets: [{ market: 'ETH-USD' }] },
    allows: of(position('ETH-USD')),
    edge: of(position('ETH-USD', true)),
    blocks: of(position('eth-usd', true)),
    as: 'DENY:PERP_MARKET_NOT_ALLOWED',
  },
  REPUTATION_THRESHOLD: {
    rules: { min_score: 60.5, below_threshold_tier: 'DELAY' },
    ...{ allows: { standing: rated('99') }, edge: { standing: rated('60.50') } },
    ...{ blocks: { standing: rated('60.4999999') }, as: 'DELAY' },
  },
  VENUE_WHITELIST: {
    rules: { venues: [{ id: 'hyperliquid' }] },
    others: [MARKETS],
    allows: of({ kind: 'venue', venue: 'hyperliquid' }),
    edge: of(position('ETH-USD')),
    blocks: of(position('ETH-USD'), { kind: 'venue', venue: 'Hyperliquid' }),
    as: 'DENY:VENUE_NOT_ALLOWED',
  },
  ACTION_CATEGORY_LIMIT: {
    rules: { category: 'swap', daily_limit_usd: 5, tier_on_exceed: 'APPROVAL' },
    allows: standing(swapped(1n, 0n), SWAP),
    edge: standing(swapped(2_000_000n, 3_000_000n), SWAP),
    blocks: standing(swapped(2_000_001n, 3_000_000n), SWAP),
    as: 'APPROVAL',
  },
}

const own = (type: PolicyType) => row(type, walks[type].rules)
const all = (type: PolicyType) => [
  ...(type === 'SPENDING_LIMIT' ? [] : [open()]),
  ...(walks[type].others ?? []).map(([other, rules]) => row(other, rules)),
  own(type),
]

describe.each(POLICY_TYPES)('%s', (type) => {
  const { allows, edge, blocks, as } = walks[type]
  test('allows, allows on the boundary, and blocks beyond it', () => {
    expect([allows, edge, blocks].map((more) => verdict(all(type), more))).toEqual(['INSTANT', 'INSTANT', as])
  })
  test('binds beside a second one of its type that allows, in either order', () => {
    const wide = row(type, policyTypes[type].example)
    const [one, other] = [
      [...all(type), wide],
      [wide, ...all(type)],
    ].map((list) => verdict(list, blocks).split(/[:+]/).sort().join(' '))
    expect(one).toBe(other)
    expect(one).toContain(as.split(':').at(-1))
  })
  test('its example is rules of it', () => {
    const parsed = parseRules(type, policyTypes[type].example)
    expect(parseRules(type, JSON.parse(JSON.stringify(parsed)))).toEqual(parsed)
  })
})

describe('where a policy asks for what is not known, it refuses', () => {
  test.each([
    ['ERC8128_ALLOWED_DOMAINS', of(server('erc8128', 'api.example'))],
    ['LENDING_LTV_LIMIT', of(loan('borrow', 1n))],
    ['LENDING_LTV_LIMIT', { ...standing(owing(0n, 10n), loan('withdraw', 1n)), prices: {} }],
    ['PERP_MAX_LEVERAGE', of(position('ETH-USD'))],
    ['PERP_MAX_POSITION_USD', standing({ positions: [] }, position('ETH-USD'))],
    ['REPUTATION_THRESHOLD', { standing: { reputations: [] } }],
    ['ACTION_CATEGORY_LIMIT', standing({ notionalUsd: '1' }, SWAP)],
    ['ACTION_CATEGORY_LIMIT', standing({ categories: { swap: { dayUsd: '0', monthUsd: '0' } } }, SWAP)],
  ] as [PolicyType, Situation][])('%s', (type, more) => {
    expect(verdict(all(type), more)).toBe('DENY:FACT_UNKNOWN')
    expect(verdict(all(type).slice(0, -1), more)).not.toMatch('FACT_UNKNOWN')
  })
})

describe('without a policy that allows it', () => {
  const toggles = (more: Partial<EvaluateInput['toggles']> = {}) => ({
    toggles: {
      ...{ denyTokens: false, denyContracts: true, denySpenders: true },
      ...{ denyX402Domains: true, denyErc8128Domains: true, denyVenues: false, denyUnpriced: false },
      ...more,
    },
  })
  test.each([
    ['a server is not paid', of(server('x402', 'a.example')), 'DENY:X402_DOMAIN_NOT_ALLOWED'],
    ['no request is signed', of(server('erc8128', 'a.example')), 'DENY:ERC8128_DOMAIN_NOT_ALLOWED'],
    ['nothing is lent', of(loan('supply', 1n)), 'DENY:LENDING_ASSET_NOT_ALLOWED'],
    ['no position is touched', of(position('ETH-USD', true)), 'DENY:PERP_MARKET_NOT_ALLOWED'],
    ['a venue may be used', of({ kind: 'venue', venue: 'v' }), 'INSTANT'],
  ])('%s', (_, more, expected) => {
    expect(verdict([open()], { ...more, ...toggles() })).toBe(expected)
  })
  test.each([
    ['a server is paid', of(server('x402', 'a.example')), { denyX402Domains: false }, 'INSTANT'],
    ['a request is signed', of(server('erc8128', 'a.example')), { denyErc8128Domains: false }, 'INSTANT'],
    ['no venue may be used', of({ kind: 'venue', venue: 'v' }), { denyVenues: true }, 'DENY:VENUE_NOT_ALLOWED'],
  ])('%s where the settings say so', (_, more, changed, expected) => {
    expect(verdict([open()], { ...more, ...toggles(changed) })).toBe(expected)
  })
})

describe('the fields of', () => {
  const ltv = (action: 'borrow' | 'withdraw' | 'repay', amount: bigint, known: Standing, rules = {}) =>
    verdict([open(), row(...LENT), row('LENDING_LTV_LIMIT', { maxLtv: 0.5, warningLtv: 0.4, ...rules })], {
      ...standing(known, loan(action, amount)),
    })
  test('LENDING_LTV_LIMIT: a warning delays, a withdrawal counts, what lowers it does not ask', () => {
    expect(ltv('borrow', 4_000_000n, owing(0n, 10_000_000n))).toBe('INSTANT')
    expect(ltv('borrow', 4_000_001n, owing(0n, 10_000_000n))).toBe('DELAY')
    expect(ltv('withdraw', 2_000_000n, owing(4_000_000n, 10_000_000n))).toBe('DELAY')
    expect(ltv('withdraw', 2_000_001n, owing(4_000_000n, 10_000_000n))).toBe('DENY:LENDING_LTV_EXCEEDED')
    expect(ltv('withdraw', 10n ** 40n, owing(1n, 10_000_000n))).toBe('DENY:LENDING_LTV_EXCEEDED')
    expect(ltv('withdraw', 10n ** 40n, owing(0n, 10_000_000n))).toBe('INSTANT')
    expect(ltv('repay', 1n, owing(9_000_000n, 10_000_000n))).toBe('INSTANT')
    expect(ltv('borrow', 1n, owing(0n, 0n), { maxLtv: 1, warningLtv: 1 })).toBe('DENY:LENDING_LTV_EXCEEDED')
  })
  test('LENDING_LTV_LIMIT: parts of one transaction count together, each lender by itself', () => {
    const limit = [open(), row(...LENT), row('LENDING_LTV_LIMIT', { maxLtv: 0.5, warningLtv: 0.5 })]
    const twice = standing(owing(0n, 10_000_000n), loan('borrow', 2_500_000n), loan('borrow', 2_500_000n))
    expect(verdict(limit, twice)).toBe('INSTANT')
    const more = standing(owing(0n, 10_000_000n), loan('borrow', 2_500_000n), loan('borrow', 2_500_001n))
    expect(verdict(limit, more)).toBe('DENY:LENDING_LTV_EXCEEDED')
    const elsewhere: Effect = { ...loan('borrow', 1n), lender: 'other' } as Effect
    expect(verdict(limit, standing(owing(0n, 10_000_000n), elsewhere))).toBe('DENY:FACT_UNKNOWN')
  })
  test('LENDING_ASSET_WHITELIST: the native asset is on no list', () => {
    expect(verdict([open(), row(...LENT)], of(loan('supply', 1n, ETH)))).toBe('DENY:LENDING_ASSET_NOT_ALLOWED')
    expect(verdict([open(), row(...LENT)], of(loan('supply', 1n, tokenAsset(network, USDC_ADDRESS))))).toBe('INSTANT')
  })
  test('PERP_MAX_LEVERAGE and PERP_MAX_POSITION_USD: a warning delays, and what reduces does not ask', () => {
    const limits = [
      row('PERP_MAX_LEVERAGE', { maxLeverage: 3, warningLeverage: 2 }),
      row('PERP_MAX_POSITION_USD', { maxPositionUsd: 3, warningPositionUsd: 2 }),
    ]
    for (const limit of limits) {
      const of = (size: bigint, isReducing = false) =>
        verdict([open(), row(...MARKETS), limit], standing(held(size, 1_000_000n), position('ETH-USD', isReducing)))
      expect([2_000_000n, 2_000_001n, 3_000_000n].map((size) => of(size))).toEqual(['INSTANT', 'DELAY', 'DELAY'])
      expect(of(3_000_001n)).toMatch('DENY')
      expect(of(3_000_001n, true)).toBe('INSTANT')
    }
    const nothing = standing(held(1n, 0n), position('ETH-USD'))
    expect(verdict([open(), row(...MARKETS), limits[0]!], nothing)).toBe('DENY:PERP_LEVERAGE_EXCEEDED')
  })
  test('REPUTATION_THRESHOLD: the unrated, those who are no agents, and tags', () => {
    const judged = (known: Standing, rules: object = {}) =>
      verdict([open(), row('REPUTATION_THRESHOLD', { min_score: 50, ...rules })], { standing: known })
    expect(judged(rated('-1'), { min_score: 0 })).toBe('APPROVAL')
    expect(judged(rated(null))).toBe('APPROVAL')
    expect(judged(rated(null), { unrated_tier: 'NOTIFY' })).toBe('NOTIFY')
    expect(judged(rated(null, false))).toBe('INSTANT')
    expect(judged(rated(null, false), { check_counterparty: true, unrated_tier: 'DELAY' })).toBe('DELAY')
    expect(judged(rated('99'), { tag1: 'pays' })).toBe('DENY:FACT_UNKNOWN')
    expect(judged(rated('99'), { tag2: 'pays' })).toBe('DENY:FACT_UNKNOWN')
    const two = { reputations: [...rated('99').reputations!, { ...rated('10').reputations![0]!, address: EVE }] }
    const both = of(outflow(ETH, 1n, BOB), outflow(ETH, 1n, EVE))
    expect(verdict([open(), row('REPUTATION_THRESHOLD', { min_score: 50 })], { ...both, standing: two })).toBe(
      'APPROVAL',
    )
  })
  test('ACTION_CATEGORY_LIMIT: each limit, its tier, other kinds, and what leaves where that is more', () => {
    const judged = (known: Standing, rules: object, ...more: Effect[]) =>
      verdict([open(), row('ACTION_CATEGORY_LIMIT', { category: 'swap', ...rules })], standing(known, SWAP, ...more))
    expect(judged(swapped(5_000_000n, 9n), { per_action_limit_usd: 5 })).toBe('INSTANT')
    expect(judged(swapped(5_000_001n, 0n), { per_action_limit_usd: 5 })).toBe('DELAY')
    expect(judged(swapped(1n, 0n, 5_000_000n), { monthly_limit_usd: 5, tier_on_exceed: 'NOTIFY' })).toBe('NOTIFY')
    expect(judged(swapped(1n, 9_000_000n), { category: 'bridge', daily_limit_usd: 5 })).toBe('INSTANT')
    expect(judged(swapped(1n, 0n), { per_action_limit_usd: 5 }, outflow(USDC, 5_000_001n))).toBe('DELAY')
    expect(judged(swapped(1n, 0n), { per_action_limit_usd: 5 }, outflow(ODD, 1n))).toBe('DENY:FACT_UNKNOWN')
    const perp = [open(), row(...MARKETS), row('ACTION_CATEGORY_LIMIT', { category: 'perp', per_action_limit_usd: 1 })]
    expect(verdict(perp, standing({ notionalUsd: '1000001' }, position('ETH-USD')))).toBe('DELAY')
  })
  test('ERC8128_ALLOWED_DOMAINS: each server has its own count, without a rate there is none', () => {
    const limit = [open(), row('ERC8128_ALLOWED_DOMAINS', { domains: ['*.example.com'], rate_limit_rpm: 1 })]
    const both = [server('erc8128', 'a.example.com'), server('erc8128', 'b.example.com')]
    expect(verdict(limit, standing({ signedRequests: { 'a.example.com': 0, 'b.example.com': 0 } }, ...both))).toBe(
      'INSTANT',
    )
    const twice = [server('erc8128', 'a.example.com'), server('erc8128', 'a.example.com')]
    expect(verdict(limit, standing({ signedRequests: { 'a.example.com': 0 } }, ...twice))).toBe(
      'DENY:ERC8128_RATE_LIMITED',
    )
    const any = [open(), row('ERC8128_ALLOWED_DOMAINS', { domains: ['*.example.com'] })]
    expect(verdict(any, of(...twice))).toBe('INSTANT')
    expect(verdict(any, of(server('erc8128', 'aexample.com')))).toBe('DENY:ERC8128_DOMAIN_NOT_ALLOWED')
  })
})

describe.each(POLICY_TYPES)('%s of some sessions', (type) => {
  const { blocks, as } = walks[type]
  const session = (id: string, ...labels: string[]): Situation => ({ ...blocks, session: { id, labels } })
  const counted: Situation = {
    spent: { ...spentToday(0n), session: spentToday(0n) },
    requests: { ...(blocks.requests ?? { all: [], networks: {} }), session: blocks.requests?.all ?? [] },
  }
  const without = all(type).slice(0, -1)
  const base = type === 'SPENDING_LIMIT' ? [open()] : without

  test.each([
    ['its id', { sessionId: 's1' }],
    ['a label that the operator gave it', { sessionLabel: 'team:trading' }],
  ])('binds a session by %s, and no other one', (_, scope) => {
    const scoped = [...base, row(type, walks[type].rules, scope)]
    const bound = { ...session('s1', 'team:trading', 'x:y'), ...counted }
    expect(verdict(scoped, bound)).toContain(as.split(':').at(-1))
    for (const other of [
      { ...session('s2', 'team:trader'), ...counted },
      { ...blocks, ...counted },
    ])
      expect(verdict(scoped, other)).toBe(verdict(base, other))
  })
  test('stands for nothing that is needed of everybody', () => {
    const scoped = row(type, policyTypes[type].example, { sessionId: 's1' })
    for (const more of [walks[type].allows, walks[type].edge]) {
      const asked = { ...more, ...counted, session: { id: 's1', labels: [] } }
      const alone = verdict(without, asked)
      if (alone.startsWith('DENY')) expect(verdict([...without, scoped], asked)).toContain(alone.split(/[:+]/)[1])
    }
  })
})

test('a WHITELIST of a session vouches for no look-alike', () => {
  const alike = { lookalikes: { [BOB]: EVE }, session: { id: 's1', labels: [] } }
  const list = (scope: object) => row('WHITELIST', { allowed_addresses: [BOB] }, scope)
  expect(verdict([open(), list({})], alike)).toBe('INSTANT')
  expect(verdict([open(), list({ sessionId: 's1' })], alike)).toBe('APPROVAL')
})

test('what a session spent and asked before counts for its policies alone, and refuses where it was not read', () => {
  const limit = (scope: object) => row('SPENDING_LIMIT', { daily_limit_usd: 5 }, scope)
  const rate = (scope: object) => row('RATE_LIMIT', { max_requests: 1, window_seconds: 60 }, scope)
  const mine = { sessionId: 's1' }
  const busy: Situation = {
    ...usdc(2_000_001n),
    session: { id: 's1', labels: [] },
    spent: { ...spentToday(0n), session: spentToday(3_000_000n) },
    requests: { all: [], networks: {}, session: [NOON - 1] },
  }
  expect(verdict([open(), limit({})], busy)).toBe('INSTANT')
  expect(verdict([open(), limit(mine)], busy)).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
  expect(verdict([open(), limit(mine)], { ...busy, ...usdc(2_000_000n) })).toBe('INSTANT')
  expect(verdict([open(), rate({})], busy)).toBe('INSTANT')
  expect(verdict([open(), rate(mine)], busy)).toBe('DENY:RATE_LIMIT_EXCEEDED')
  expect(judge([open(), limit(mine)], busy).decision.inputs).toMatchObject({
    session: { id: 's1', labels: [] },
    spent: { ofSession: { dayUsd: '3000000' } },
  })
  for (const policy of [limit(mine), rate(mine)])
    expect(verdict([open(), policy], { ...usdc(1n), session: { id: 's1', labels: [] } })).toBe(
      'DENY:POLICY_RULES_CORRUPT',
    )
})

test.each([
  ['REPUTATION_THRESHOLD', { code: 'REPUTATION_TOO_LOW', observed: '60.4999999', allowed: 60.5 }],
  ['ACTION_CATEGORY_LIMIT', { code: 'ACTION_CATEGORY_EXCEEDED', observed: 5.000001, allowed: 5 }],
  ['LENDING_LTV_LIMIT', { code: 'LENDING_LTV_EXCEEDED', observed: '50.01 %', allowed: '50 %' }],
  ['PERP_MAX_POSITION_USD', { code: 'PERP_POSITION_EXCEEDED', observed: 2.500001, allowed: 2.5 }],
] as const)('%s tells what was seen and what is allowed', (type, reason) => {
  expect(judge(all(type), walks[type].blocks).decision.reasons).toMatchObject([reason])
})

test('a lane is free of what is judged of recipients, servers and venues', () => {
  const lane = { effects: effects([{ kind: 'lane', purpose: 'cancel' }], ETHER / 2_000n) }
  const strict = POLICY_TYPES.filter((type) => !['ALLOWED_NETWORKS'].includes(type)).map(own)
  expect(verdict(strict, lane)).toBe('INSTANT')
})

describe('first_recipient of SPENDING_LIMIT', () => {
  const DAY = 86_400
  const rules = { instant_max_usd: 1e9, first_recipient: { tier: 'DELAY', wait_seconds: DAY } }
  const to = (since: number, usd: bigint): Situation => ({
    known: { [BOB]: { since: NOON - since * 1_000, usd: toUsd(usd) } },
  })
  const judged = (more: Situation, changed: object = {}) =>
    verdict([row('SPENDING_LIMIT', { ...rules, ...changed })], more)
  test.each<[string, Situation, string]>([
    ['nobody that it knows', usdc(1n), 'DELAY'],
    ['one that it never paid', { ...usdc(1n), known: {} }, 'DELAY'],
    ['one whose wait is not over', { ...usdc(1n), ...to(DAY - 0.001, 1_000_000n) }, 'DELAY'],
    ['one whose wait is just over', { ...usdc(1n), ...to(DAY, 1_000_000n) }, 'INSTANT'],
    ['ten times what it has had', { ...usdc(10_000_000n), ...to(DAY, 1_000_000n) }, 'INSTANT'],
    ['a unit more than that', { ...usdc(10_000_001n), ...to(DAY, 1_000_000n) }, 'DELAY'],
    ['something to one that had only what has no price', { ...usdc(1n), ...to(DAY, 0n) }, 'DELAY'],
    ['what has no price', { ...of(outflow(ODD, 1n)), ...to(DAY, 1_000_000n) }, 'APPROVAL'],
    ['a known one and another', { ...of(outflow(USDC, 1n), outflow(USDC, 1n, EVE)), ...to(DAY, 1_000_000n) }, 'DELAY'],
    [
      'parts that are more together',
      { ...of(outflow(USDC, 6_000_000n), outflow(USDC, 6_000_000n)), ...to(DAY, 1_000_000n) },
      'DELAY',
    ],
    [
      'an NFT',
      { ...of({ kind: 'nft', contract: EVE, tokenId: '1', amount: '1', to: BOB }), ...to(DAY, 1_000_000n) },
      'APPROVAL',
    ],
  ])('pays %s', (_, more, expected) => {
    expect(judged(more)).toBe(expected)
  })
  test('of the limit that a new wallet gets is a notice, and a day later nothing', () => {
    const installed = [row('SPENDING_LIMIT', installedRules('SPENDING_LIMIT'))]
    expect(verdict(installed, usdc(1n))).toBe('NOTIFY')
    expect(verdict(installed, { ...usdc(1n), ...to(DAY - 1, 1_000_000n) })).toBe('NOTIFY')
    expect(verdict(installed, { ...usdc(1n), ...to(DAY, 1_000_000n) })).toBe('INSTANT')
  })
  test('asks the tier that it names, and of a lane nothing', () => {
    for (const tier of ['NOTIFY', 'APPROVAL']) expect(judged(usdc(1n), { first_recipient: { tier } })).toBe(tier)
    expect(judged({ effects: effects([{ kind: 'lane', purpose: 'cancel' }]) })).toBe('INSTANT')
    expect(judged({ now: NOON, effects: effects([]) })).toBe('INSTANT')
  })
  test('says what is missing, and suggests only what passes', () => {
    const limit = [row('SPENDING_LIMIT', { ...rules, instant_max_usd: 100, notify_max_usd: 1e9 })]
    const fresh = judge(limit, usdc(1n)).decision
    expect(fresh.reasons).toMatchObject([{ code: 'RECIPIENT_NOT_KNOWN', observed: BOB }])
    expect(fresh.suggestion?.amount).toBeUndefined()
    const waiting = judge(limit, { ...usdc(1n), ...to(60, 5n) }).decision
    expect(waiting.reasons).toMatchObject([{ retryAt: NOON / 1_000 - 60 + DAY }])
    const large = { ...usdc(10_000_001n), ...to(DAY, 1_000_000n) }
    const { headroom, inputs, reasons } = judge(limit, large).decision
    expect(reasons).toMatchObject([{ observed: 10.000001, allowed: 10 }])
    expect(headroom.limits).toMatchObject([
      { limit: 'INSTANT', amount: '10000000' },
      { limit: 'NOTIFY', amount: '10000000' },
      { limit: 'DELAY' },
    ])
    expect(inputs.known).toEqual({ [BOB]: { since: NOON - DAY * 1_000, usdMicros: '1000000' } })
  })
})
