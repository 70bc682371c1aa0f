import { type ActionCategory, NETWORKS, TIERS } from '@waiaas/contract'
import type { PolicyRow } from '../../src/policies/evaluate.ts'
import { BOB, EVE, network, ODD, row, USDC, USDC_ADDRESS } from './samples.ts'

// Policies of every type and what they judge, made from a seed: names and amounts come from small sets, so that rules and
// cases meet often, and at their boundaries. For this folder's tests.

/** Numbers that follow from a seed. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const CAROL = '0x00000000000000000000000000000000000000f0'
export const PEOPLE = [BOB, EVE, CAROL] as const
const TOKENS = [USDC_ADDRESS, ODD.slice(ODD.indexOf('0x'))] as const
const OTHER = NETWORKS.find(({ id, chain }) => chain === network.chain && id !== network.id)!.id
export const SESSION = 'session-1'
export const LABEL = 'team:trading'
export const SELECTORS = ['0xa9059cbb', '0x095ea7b3'] as const
export const DOMAINS = ['api.example.com', 'pay.example.com'] as const
export const VENUES = ['here', 'there'] as const
export const MARKETS = ['BTC-USD', 'ETH-USD'] as const
export const CATEGORIES: readonly ActionCategory[] = ['swap', 'perp', 'lending']

export type Random = ReturnType<typeof randomFrom>

/** Choices that follow from a seed. */
export function randomFrom(seed: number) {
  const next = numbersFrom(seed)
  const whole = (most: number) => Math.floor(next() * (most + 1))
  const chance = (share: number) => next() < share
  const pick = <T>(list: readonly T[]): T => list[whole(list.length - 1)]!
  const some = <T>(list: readonly T[]): T[] => {
    const chosen = list.filter(() => chance(0.5))
    return chosen.length > 0 ? chosen : [pick(list)]
  }
  const maybe = <T extends object>(share: number, make: () => T): Partial<T> => (chance(share) ? make() : {})
  const dollars = () => whole(12) * 25
  const three = (value: () => number) => [value(), value(), value()].sort((a, b) => a - b) as [number, number, number]
  const tier = () => pick(TIERS)
  const waiting = () => pick(TIERS.slice(1))

  return { next, whole, chance, pick, some, maybe, dollars, three, tier, waiting }
}

function spendingOf(random: Random) {
  const { whole, pick, maybe, dollars, three, waiting } = random
  const rules = {
    ...maybe(0.7, () => {
      const [instant_max_usd, notify_max_usd, delay_max_usd] = three(dollars)
      return { instant_max_usd, notify_max_usd, delay_max_usd }
    }),
    ...maybe(0.2, () => {
      const [instant, notify, delay] = three(() => whole(9))
      return {
        instant_max: `${instant}0000000000000000`,
        notify_max: `${notify}0000000000000000`,
        delay_max: `${delay}0000000000000000`,
      }
    }),
    ...maybe(0.3, () => {
      const [instant, notify, delay] = three(dollars).map(String)
      return {
        token_limits: {
          [pick([USDC, ODD, 'native', `native:${network.chain}`])]: {
            instant_max: instant,
            notify_max: notify,
            delay_max: delay,
          },
        },
      }
    }),
    ...maybe(0.5, () => ({ daily_limit_usd: 25 + dollars() })),
    ...maybe(0.3, () => ({ monthly_limit_usd: 25 + dollars() })),
    ...maybe(0.5, () => ({ delay_seconds: pick([60, 300, 900]) })),
    ...maybe(0.3, () => ({ approval_timeout: pick([600, 3_600]) })),
    ...maybe(0.3, () => ({ max_fee_usd: pick([0, 1, 25]) })),
    ...maybe(0.1, () => ({ max_fee: '1000000000000000' })),
    ...maybe(0.2, () => ({ first_recipient: { tier: waiting(), wait_seconds: pick([0, 3_600]) } })),
    ...maybe(0.3, () => ({ over_limit: pick(['DENY', 'APPROVAL']) })),
  }
  const isBound = Object.keys(rules).some((name) => /_max|limits|limit_usd/.test(name) && !/^max_fee/.test(name))
  return isBound ? rules : { ...rules, daily_limit_usd: 100 }
}

type Kinds = readonly (readonly [type: string, rules: () => object])[]

function payingKinds(random: Random): Kinds {
  const { whole, pick, some, maybe } = random
  return [
    ['SPENDING_LIMIT', () => spendingOf(random)],
    [
      'ALLOWED_TOKENS',
      () => ({
        tokens: some(TOKENS).map((address) => ({
          address,
          ...maybe(0.3, () => ({ chain: pick([network.chain, network.id, OTHER]) })),
        })),
      }),
    ],
    ['WHITELIST', () => ({ allowed_addresses: some(PEOPLE) })],
    ['ALLOWED_NETWORKS', () => ({ networks: some([network.id, OTHER]).map((one) => ({ network: one })) })],
    ['RATE_LIMIT', () => ({ max_requests: 1 + whole(3), window_seconds: pick([60, 600]) })],
    [
      'TIME_RESTRICTION',
      () => {
        const start = whole(22)
        const end = start + 1 + whole(23 - start)
        return {
          allowed_hours: { start, end },
          allowed_days: some([0, 1, 2, 3, 4, 5, 6]),
          ...maybe(0.3, () => ({ timezone: 'Asia/Seoul' })),
        }
      },
    ],
    [
      'CONTRACT_WHITELIST',
      () => ({
        contracts: some(PEOPLE).map((address) => ({
          address,
          ...maybe(0.2, () => ({ chain: pick([network.chain, OTHER]) })),
        })),
      }),
    ],
    [
      'METHOD_WHITELIST',
      () => ({ methods: some(PEOPLE).map((contractAddress) => ({ contractAddress, selectors: some(SELECTORS) })) }),
    ],
  ]
}

function otherKinds(random: Random): Kinds {
  const { whole, chance, pick, some, maybe, dollars, three, tier, waiting } = random
  return [
    [
      'APPROVED_SPENDERS',
      () => ({
        spenders: some(PEOPLE).map((address) => ({
          address,
          ...maybe(0.5, () => ({ maxAmount: `${whole(4)}00000000` })),
        })),
      }),
    ],
    [
      'APPROVE_AMOUNT_LIMIT',
      () => ({ blockUnlimited: chance(0.5), ...maybe(0.7, () => ({ maxAmount: `${whole(4)}00000000` })) }),
    ],
    ['APPROVE_TIER_OVERRIDE', () => ({ tier: tier() })],
    [
      'SIGN_MESSAGE_RULES',
      () => ({
        personal: tier(),
        ...maybe(0.5, () => ({ siwe_domains: some(DOMAINS).map((domain) => ({ domain, tier: tier() })) })),
        ...maybe(0.5, () => ({
          typed_data: some(PEOPLE).map((verifying_contract) => ({
            verifying_contract,
            tier: tier(),
            ...maybe(0.3, () => ({ primary_type: 'Order' })),
          })),
        })),
      }),
    ],
    ['X402_ALLOWED_DOMAINS', () => ({ domains: some([...DOMAINS, '*.example.com']) })],
    [
      'ERC8128_ALLOWED_DOMAINS',
      () => ({ domains: some(DOMAINS), ...maybe(0.5, () => ({ rate_limit_rpm: 1 + whole(3) })) }),
    ],
    [
      'LENDING_LTV_LIMIT',
      () => {
        const [warningLtv, maxLtv] = three(() => whole(10) / 10)
        return { warningLtv, maxLtv }
      },
    ],
    ['LENDING_ASSET_WHITELIST', () => ({ assets: some(TOKENS).map((address) => ({ address })) })],
    [
      'PERP_MAX_LEVERAGE',
      () => ({ maxLeverage: 2 + whole(3), ...maybe(0.5, () => ({ warningLeverage: 1 + whole(1) })) }),
    ],
    [
      'PERP_MAX_POSITION_USD',
      () => ({ maxPositionUsd: 100 + dollars(), ...maybe(0.5, () => ({ warningPositionUsd: 25 + whole(3) * 25 })) }),
    ],
    ['PERP_ALLOWED_MARKETS', () => ({ markets: some(MARKETS).map((market) => ({ market })) })],
    [
      'REPUTATION_THRESHOLD',
      () => ({
        min_score: whole(10) * 10,
        below_threshold_tier: waiting(),
        unrated_tier: waiting(),
        check_counterparty: chance(0.5),
      }),
    ],
    ['VENUE_WHITELIST', () => ({ venues: some(VENUES).map((id) => ({ id })) })],
    [
      'ACTION_CATEGORY_LIMIT',
      () => ({
        category: pick(CATEGORIES),
        per_action_limit_usd: 25 + dollars(),
        ...maybe(0.4, () => ({ daily_limit_usd: 25 + dollars() })),
        ...maybe(0.3, () => ({ tier_on_exceed: waiting() })),
      }),
    ],
  ]
}

/** Rules of each type. */
const kindsOf = (random: Random): Kinds => [...payingKinds(random), ...otherKinds(random)]

/** Makes policies, most often a limit of the wallet on every network. */
export function policiesFrom(random: Random): () => PolicyRow {
  const { chance, pick } = random
  const kinds = kindsOf(random)
  return () => {
    const [type, rules] = chance(0.4) ? kinds[0]! : pick(kinds)
    return row(type, rules(), {
      walletId: pick(['wallet-1', 'wallet-1', null]),
      network: chance(0.85) ? null : pick([network.id, OTHER]),
      ...(chance(0.85) ? {} : chance(0.5) ? { sessionId: SESSION } : { sessionLabel: LABEL }),
    })
  }
}
