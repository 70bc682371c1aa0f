import {
  defaultSettings,
  type Effect,
  NETWORKS,
  nativeAsset,
  type PolicyType,
  togglesOf,
  tokenAsset,
  toUnitPrice,
  toUsd,
  type UnitPrice,
  ZERO_USD,
} from '@waiaas/contract'
import type { Window } from '../../src/policies/case.ts'
import {
  compilePolicies,
  type EvaluateInput,
  evaluate,
  type PolicyRow,
  type Price,
} from '../../src/policies/evaluate.ts'

/** A wallet on Sepolia with ETH at 2,000 USD, USDC at 1 USD and one token without a price. For this folder's tests. */
export const network = NETWORKS.find(({ id }) => id === 'ethereum-sepolia')!
export const ETH = nativeAsset(network)
export const USDC_ADDRESS = '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238'
export const USDC = tokenAsset(network, USDC_ADDRESS)
export const ODD = tokenAsset(network, '0x00000000000000000000000000000000000000dd')
export const BOB = '0x00000000000000000000000000000000000000b0'
export const EVE = '0x00000000000000000000000000000000000000e0'
/** Tuesday. */
export const NOON = Date.UTC(2026, 2, 3, 12, 0, 0)
export const ETHER = 10n ** 18n

const price = (micros: bigint, decimals: number): Price => {
  return { usdMicros: toUnitPrice(micros), decimals, source: 'fixed', at: NOON }
}
/** What nobody may make a price of. */
export const unsound = (micros: bigint, decimals: number): Price => {
  return { usdMicros: micros as UnitPrice, decimals, source: 'feed', at: NOON }
}
const nothingSpent: Window = { total: ZERO_USD, final: [] }
export const spent = (micros: bigint): Window => ({ total: toUsd(micros), final: [] })
export const spentToday = (micros: bigint, final: Window['final'] = []): EvaluateInput['spent'] => ({
  day: { total: toUsd(micros), final },
  month: { total: toUsd(micros), final },
  networks: {},
})

export const outflow = (asset: string, amount: bigint, to = BOB): Effect => ({
  kind: 'outflow',
  asset,
  amount: String(amount),
  to,
})
export const effects = (list: readonly Effect[], fee = 0n): EvaluateInput['effects'] => ({
  network: network.id,
  sender: '0x00000000000000000000000000000000000000a0',
  effects: [...list],
  fee: { asset: ETH, max: String(fee) },
})

let rows = 0
export const row = (type: PolicyType | string, rules: unknown, more: Partial<PolicyRow> = {}): PolicyRow => ({
  id: `policy-${++rows}`,
  walletId: 'wallet-1',
  type,
  rules: typeof rules === 'string' ? rules : JSON.stringify(rules),
  enabled: true,
  network: null,
  version: 1,
  ...more,
})

/** Lets everything through at once, so that another policy alone decides. */
export const open = () => row('SPENDING_LIMIT', { instant_max_usd: 1e9 })

export const input = (policies: readonly PolicyRow[], more: Partial<EvaluateInput> = {}): EvaluateInput => ({
  effects: effects([outflow(ETH, ETHER)]),
  kind: 'TRANSFER',
  wallet: { id: 'wallet-1', chain: 'ethereum', environment: 'testnet', approver: 'operator' },
  network,
  policies: compilePolicies(policies),
  policyVersion: '7',
  now: NOON,
  prices: { [ETH]: price(2_000_000_000n, 18), [USDC]: price(1_000_000n, 6) },
  tokens: { [USDC]: { decimals: 6, symbol: 'USDC' }, [ODD]: { decimals: 8, symbol: 'ODD' } },
  spent: { day: nothingSpent, month: nothingSpent, networks: {} },
  requests: { all: [], networks: {} },
  toggles: { ...togglesOf(defaultSettings()), denyTokens: false },
  ...more,
})

export const judge = (policies: readonly PolicyRow[], more: Partial<EvaluateInput> = {}) =>
  evaluate(input(policies, more))

/** `DENY:<codes>` or the tier, for tables of cases. */
export function verdict(policies: readonly PolicyRow[], more: Partial<EvaluateInput> = {}): string {
  const { decision } = judge(policies, more)
  return decision.outcome === 'ALLOW' ? decision.tier : `DENY:${decision.reasons.map(({ code }) => code).join('+')}`
}
