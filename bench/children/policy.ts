/** One decision over 1, 10 and 100 policies of all types in turn, about effects that each type judges. */
import {
  defaultSettings,
  type Effect,
  findNetwork,
  LOCAL_NETWORKS,
  nativeAsset,
  POLICY_TYPES,
  type PolicyType,
  type Standing,
  togglesOf,
  tokenAsset,
  toUnitPrice,
  toUsd,
} from '@waiaas/contract'
import { compilePolicies, type PolicyRow } from '../../packages/daemon/src/policies/evaluate.ts'
import { type EvaluateInput, evaluate } from '../../packages/daemon/src/policies/service.ts'
import { writeResult } from './job.ts'

const COUNTS = [1, 10, 100] as const
/** Microseconds of one decision, by how many policies apply. */
export type PolicyResult = { readonly policyUs: Readonly<Record<(typeof COUNTS)[number], number>> }

const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const native = nativeAsset(network)
const recipient = '0x00000000000000000000000000000000000000b0'
const token = '0x00000000000000000000000000000000000000dd'
const asset = tokenAsset(network, token)
const now = Date.UTC(2026, 2, 3, 12)
const addresses = Array.from({ length: 20 }, (_, index) => `0x${(0xb0 + index).toString(16).padStart(40, '0')}`)
const listed = addresses.map((address) => ({ address }))
const domains = ['api.example', '*.data.example']

/** Rules of every type under which everything passes, so that each policy looks at everything. */
const rulesOf: { readonly [T in PolicyType]: (index: number) => object } = {
  SPENDING_LIMIT: (index) => ({
    instant_max_usd: 100 + index,
    notify_max_usd: 1_000,
    delay_max_usd: 10_000,
    daily_limit_usd: 50_000 + index,
    monthly_limit_usd: 500_000,
  }),
  ALLOWED_TOKENS: () => ({ tokens: [{ address: token }] }),
  WHITELIST: () => ({ allowed_addresses: addresses }),
  ALLOWED_NETWORKS: () => ({ networks: [{ network: network.id }] }),
  RATE_LIMIT: (index) => ({ max_requests: 1_000 + index, window_seconds: 60 }),
  TIME_RESTRICTION: () => ({
    allowed_hours: { start: 0, end: 24 },
    allowed_days: [0, 1, 2, 3, 4, 5, 6],
    timezone: 'Europe/Berlin',
  }),
  CONTRACT_WHITELIST: () => ({ contracts: listed }),
  METHOD_WHITELIST: () => ({
    methods: [{ contractAddress: recipient, selectors: ['transfer(address,uint256)', '0xdeadbeef'] }],
  }),
  APPROVED_SPENDERS: () => ({ spenders: addresses.map((address) => ({ address, maxAmount: '1000' })) }),
  APPROVE_AMOUNT_LIMIT: (index) => ({ maxAmount: String(1_000 + index) }),
  APPROVE_TIER_OVERRIDE: () => ({ tier: 'INSTANT' }),
  SIGN_MESSAGE_RULES: () => ({ siwe_domains: [{ domain: 'app.example' }] }),
  X402_ALLOWED_DOMAINS: () => ({ domains }),
  ERC8128_ALLOWED_DOMAINS: () => ({ domains, rate_limit_rpm: 100 }),
  LENDING_LTV_LIMIT: () => ({ maxLtv: 0.8, warningLtv: 0.7 }),
  LENDING_ASSET_WHITELIST: () => ({ assets: [{ address: token }] }),
  PERP_MAX_LEVERAGE: () => ({ maxLeverage: 10 }),
  PERP_MAX_POSITION_USD: (index) => ({ maxPositionUsd: 10_000 + index }),
  PERP_ALLOWED_MARKETS: () => ({ markets: [{ market: 'ETH-USD' }] }),
  REPUTATION_THRESHOLD: () => ({ min_score: 60.5, below_threshold_tier: 'DELAY' }),
  VENUE_WHITELIST: () => ({ venues: [{ id: 'hyperliquid' }] }),
  ACTION_CATEGORY_LIMIT: () => ({ category: 'swap', daily_limit_usd: 5_000, tier_on_exceed: 'APPROVAL' }),
}
const everything: readonly Effect[] = [
  { kind: 'outflow', asset: native, amount: '1000000000000000', to: recipient },
  { kind: 'outflow', asset, amount: '1000', to: recipient },
  { kind: 'approval', asset, amount: '10', spender: recipient, unlimited: false },
  { kind: 'call', contract: recipient, selector: '0xa9059cbb', value: '0' },
  { kind: 'message', form: 'sign-in', domain: 'app.example' },
  { kind: 'server', scheme: 'x402', domain: 'api.example' },
  { kind: 'server', scheme: 'erc8128', domain: 'a.data.example' },
  { kind: 'loan', action: 'borrow', lender: 'aave-v3', asset, amount: '1000' },
  { kind: 'position', venue: 'hyperliquid', market: 'ETH-USD', isReducing: false },
  { kind: 'action', category: 'swap' },
]
const standing: Standing = {
  signedRequests: { 'a.data.example': 2 },
  loans: { 'aave-v3': { debtUsd: '1000000', collateralUsd: '100000000' } },
  positions: [{ venue: 'hyperliquid', market: 'ETH-USD', sizeUsd: '1000000', marginUsd: '1000000' }],
  reputations: [{ address: recipient, tag1: '', tag2: '', isAgent: true, score: '99' }],
  notionalUsd: '1000000',
  categories: { swap: { dayUsd: '0', monthUsd: '0' } },
}

const policies = (count: number) =>
  compilePolicies(
    Array.from({ length: count }, (_, index): PolicyRow => {
      const type = POLICY_TYPES[index % POLICY_TYPES.length]!
      const rules = JSON.stringify(rulesOf[type](index))
      return { id: `policy-${index}`, walletId: 'wallet-1', type, rules, enabled: true, network: null, version: 1 }
    }),
  )

const price = (micros: bigint, decimals: number) =>
  ({ usdMicros: toUnitPrice(micros), decimals, source: 'fixed', at: now }) as const
const spent = { total: toUsd(40_000_000n), final: [{ until: now + 60_000, usd: toUsd(30_000_000n) }] }
const input = (count: number): EvaluateInput => ({
  effects: {
    network: network.id,
    sender: '0x00000000000000000000000000000000000000a0',
    effects: [...everything],
    fee: { asset: native, max: '42000000000000' },
  },
  kind: 'CONTRACT_CALL',
  wallet: { id: 'wallet-1', chain: 'ethereum', environment: 'testnet', approver: 'operator' },
  network,
  policies: policies(count),
  policyVersion: '7',
  now,
  prices: { [native]: price(2_000_000_000n, 18), [asset]: price(1_000_000n, 6) },
  tokens: { [asset]: { decimals: 6, symbol: 'TOK' } },
  spent: { day: spent, month: spent, networks: {} },
  requests: { all: Array.from({ length: 50 }, (_, index) => now - index * 1_000), networks: {} },
  standing,
  toggles: togglesOf(defaultSettings()),
})

/** Some systems count processor time in steps of 4 ms, so that a batch takes many of them. */
const PER_BATCH = 6_000
const BATCHES = 3

/** The least of several batches: what else the machine does only adds. */
function measure(count: number): number {
  const asked = input(count)
  for (let index = 0; index < PER_BATCH; index++) evaluate(asked)
  const batchesUs = Array.from({ length: BATCHES }, () => {
    const before = process.threadCpuUsage()
    for (let index = 0; index < PER_BATCH; index++) evaluate(asked)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / PER_BATCH
  })
  return Math.min(...batchesUs)
}

const { decision } = evaluate(input(100))
if (decision.outcome !== 'ALLOW' || decision.tier !== 'INSTANT')
  throw new Error(`expected ALLOW at once, got ${JSON.stringify(decision)}`)
const result: PolicyResult = { policyUs: { 1: measure(1), 10: measure(10), 100: measure(100) } }
writeResult(result)
