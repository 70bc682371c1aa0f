/** One decision over 100 policies of every kind, all of which apply. */
import {
  defaultSettings,
  findNetwork,
  LOCAL_NETWORKS,
  nativeAsset,
  togglesOf,
  toUnitPrice,
  toUsd,
} from '@waiaas/contract'
import { compilePolicies, type PolicyRow } from '../../packages/daemon/src/policies/evaluate.ts'
import { type EvaluateInput, evaluate } from '../../packages/daemon/src/policies/service.ts'
import { median } from '../statistics.ts'
import { writeResult } from './job.ts'

export type PolicyResult = { readonly policyUs: number }

const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const native = nativeAsset(network)
const recipient = '0x00000000000000000000000000000000000000b0'
const now = Date.UTC(2026, 2, 3, 12)
const addresses = Array.from({ length: 20 }, (_, index) => `0x${(0xb0 + index).toString(16).padStart(40, '0')}`)

const kinds: readonly (readonly [type: string, rules: (index: number) => object])[] = [
  [
    'SPENDING_LIMIT',
    (index) => ({
      instant_max_usd: 100 + index,
      notify_max_usd: 1_000,
      delay_max_usd: 10_000,
      daily_limit_usd: 50_000 + index,
      monthly_limit_usd: 500_000,
    }),
  ],
  ['WHITELIST', () => ({ allowed_addresses: addresses })],
  ['ALLOWED_NETWORKS', () => ({ networks: [{ network: network.id }] })],
  ['RATE_LIMIT', (index) => ({ max_requests: 1_000 + index, window_seconds: 60 })],
  [
    'TIME_RESTRICTION',
    () => ({ allowed_hours: { start: 0, end: 24 }, allowed_days: [0, 1, 2, 3, 4, 5, 6], timezone: 'Europe/Berlin' }),
  ],
]

const rows = Array.from({ length: 100 }, (_, index): PolicyRow => {
  const [type, rules] = kinds[index % kinds.length]!
  const text = JSON.stringify(rules(index))
  return { id: `policy-${index}`, walletId: 'wallet-1', type, rules: text, enabled: true, network: null, version: 1 }
})

const spent = { total: toUsd(40_000_000n), final: [{ until: now + 60_000, usd: toUsd(30_000_000n) }] }
const input: EvaluateInput = {
  effects: {
    network: network.id,
    sender: '0x00000000000000000000000000000000000000a0',
    effects: [{ kind: 'outflow', asset: native, amount: '1000000000000000', to: recipient }],
    fee: { asset: native, max: '42000000000000' },
  },
  kind: 'TRANSFER',
  wallet: { id: 'wallet-1', chain: 'ethereum', environment: 'testnet' },
  network,
  policies: compilePolicies(rows),
  policyVersion: '7',
  now,
  prices: { [native]: { usdMicros: toUnitPrice(2_000_000_000n), decimals: 18, source: 'fixed', at: now } },
  tokens: {},
  spent: { day: spent, month: spent, networks: {} },
  requests: { all: Array.from({ length: 50 }, (_, index) => now - index * 1_000), networks: {} },
  toggles: togglesOf(defaultSettings()),
}

const { decision } = evaluate(input)
if (decision.outcome !== 'ALLOW') throw new Error(`expected ALLOW, got ${JSON.stringify(decision.reasons)}`)

const perBatch = 200
const batchesUs: number[] = []
for (let batch = 0; batch < 60; batch++) {
  const startedAt = performance.now()
  for (let index = 0; index < perBatch; index++) evaluate(input)
  // The first third warms up.
  if (batch >= 20) batchesUs.push(((performance.now() - startedAt) * 1_000) / perBatch)
}
const result: PolicyResult = { policyUs: median(batchesUs) }
writeResult(result)
