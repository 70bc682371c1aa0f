import {
  type Effect,
  formatUnits,
  type PolicyType,
  type Standing,
  smallest,
  tokenAsset,
  toUnitPrice,
  toUsd,
  usdNumber,
} from '@waiaas/contract'
import {
  compilePolicies,
  type EvaluateInput,
  type PolicyRow,
  type Prices,
  type Windows,
} from '../../src/policies/evaluate.ts'
import { BOB, ETH, EVE, effects, input, NOON, network, row } from './samples.ts'

// Generated wallets, policies of all types and requests, from one number each. For this folder's tests.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Numbers that one seed always gives in the same order (mulberry32). */
function randomOf(seed: number) {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    chance: (share: number): boolean => next() < share,
    pick: <T>(list: readonly T[]): T => list[below(list.length)]!,
    /** Of any size up to so many digits. */
    digits: (most: number): bigint => {
      const length = 1 + below(most)
      return BigInt(Array.from({ length }, (_, index) => (index === 0 ? 1 + below(9) : below(10))).join(''))
    },
  }
}
type Random = ReturnType<typeof randomOf>

const SPENDER = '0x00000000000000000000000000000000000000f5'
const PEOPLE = [BOB, EVE, SPENDER]
const CATEGORIES = ['swap', 'staking', 'bridge'] as const
const tokenAt = (index: number) => `0x00000000000000000000000000000000000000d${index}`

type Token = { readonly address: string; readonly asset: string; readonly decimals: number }
/** What is spent and final, and until when it counts. */
type Part = { readonly until: number; readonly usd: bigint; readonly isShort: boolean }
type Past = { readonly open: bigint; readonly parts: readonly Part[]; readonly fullUntil: number | undefined }

/** A wallet with a past under policies: what it would be judged by at any time at which nothing else has happened. */
export type World = { at(now: number): EvaluateInput; request(): EvaluateInput['effects']; shape: string }

export function worldOf(seed: number): World {
  const random = randomOf(seed)
  const tokens = Array.from({ length: 3 }, (_, index): Token => {
    const address = tokenAt(index)
    return { address, asset: tokenAsset(network, address), decimals: random.below(19) }
  })
  const prices = pricesOf(random, tokens)
  const pasts = [pastOf(random), pastOf(random), pastOf(random)] as const
  const windows = (now: number): EvaluateInput['spent'] => ({
    ...windowsAt(pasts[0], now),
    networks: { [network.id]: windowsAt(pasts[1], now) },
    session: windowsAt(pasts[2], now),
  })
  const rows = rowsOf(random, tokens)
  const accepted = () => Array.from({ length: random.below(5) }, () => NOON - random.below(2 * HOUR))
  const requests = { all: accepted(), networks: { [network.id]: accepted() }, session: accepted() }
  const standing = standingOf(random)
  const fixed: Partial<EvaluateInput> = {
    ...prices,
    tokens: Object.fromEntries(
      tokens.map(({ asset, decimals }) => [asset, { decimals, symbol: `T${decimals}` }] as const),
    ),
    session: { id: 's1', labels: ['team:a'] },
    requests: { ...requests, ...(random.chance(0.05) && { unknownBefore: NOON - random.below(HOUR) }) },
    known: knownOf(random),
    ...(random.chance(0.05) && { lookalikes: { [BOB]: EVE } }),
    ...(random.chance(0.2) && { constrained: constrainedOf(random) }),
    policies: compilePolicies(rows),
  }
  return {
    shape: JSON.stringify({ rows, fixed }, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    at: (now) => ({
      ...input([], fixed),
      now,
      spent: windows(now),
      standing: now < NOON + MINUTE ? standing : { ...standing, signedRequests: { 'api.example': 0 } },
    }),
    request: () => requestOf(random, tokens),
  }
}

function pricesOf(random: Random, tokens: readonly Token[]): { prices: Prices; lastPrices: Prices } {
  const all = [{ asset: ETH, decimals: 18 }, ...tokens].map(({ asset, decimals }) => {
    const usdMicros = toUnitPrice(random.digits(11))
    return [asset, { usdMicros, decimals, source: 'fixed', at: NOON }] as const
  })
  return {
    prices: Object.fromEntries(all.filter(() => random.chance(0.92))),
    lastPrices: Object.fromEntries(all.filter(() => random.chance(0.5))),
  }
}

function pastOf(random: Random): Past {
  const part = (): Part => {
    const isShort = random.chance(0.6)
    return { until: NOON + 1 + random.below(isShort ? DAY : 30 * DAY), usd: random.digits(9), isShort }
  }
  const parts = random.chance(0.5) ? Array.from({ length: random.below(6) }, part) : []
  const fullUntil = random.chance(0.03) ? NOON + random.below(DAY) : undefined
  return { open: random.chance(0.3) ? random.digits(8) : 0n, parts, fullUntil }
}

const MONTH_MORE = 29 * DAY

/** What is in the day is in the month as well, for as much longer. */
function windowsAt({ open, parts, fullUntil }: Past, now: number): Windows {
  const windowOf = (all: readonly Part[], full: number | undefined) => {
    const counting = all.filter(({ until }) => until > now)
    const final = counting.map(({ until, usd }) => ({ until, usd: toUsd(usd) }))
    const total = toUsd(counting.reduce((sum, { usd }) => sum + usd, open))
    return { total, final, ...(full !== undefined && full > now && { fullUntil: full }) }
  }
  const short = parts.filter(({ isShort }) => isShort)
  const month = parts.map((part) => (part.isShort ? { ...part, until: part.until + MONTH_MORE } : part))
  return {
    day: windowOf(short, fullUntil),
    month: windowOf(month, fullUntil === undefined ? undefined : fullUntil + MONTH_MORE),
  }
}

const knownOf = (random: Random): NonNullable<EvaluateInput['known']> =>
  Object.fromEntries(
    PEOPLE.filter(() => random.chance(0.7)).map((address) => [
      address,
      { since: NOON - random.below(2 * DAY), usd: toUsd(random.digits(9)) },
    ]),
  )

function standingOf(random: Random): Standing {
  return {
    notionalUsd: String(random.chance(0.6) ? 0n : random.digits(8)),
    categories: Object.fromEntries(
      CATEGORIES.map((category) => {
        const dayUsd = random.digits(8)
        return [category, { dayUsd: String(dayUsd), monthUsd: String(dayUsd + random.digits(8)) }]
      }),
    ),
    reputations: PEOPLE.map((address) => ({
      ...{ address, tag1: '', tag2: '', isAgent: random.chance(0.5) },
      score: random.chance(0.2) ? null : String(random.below(101)),
    })),
    signedRequests: { 'api.example': random.below(4) },
    loans: { lender: { collateralUsd: String(random.digits(9)), debtUsd: String(random.digits(8)) } },
    positions: [
      { venue: 'venue', market: 'M', sizeUsd: String(random.digits(9)), marginUsd: String(random.digits(8)) },
    ],
  }
}

function constrainedOf(random: Random): NonNullable<EvaluateInput['constrained']> {
  const single = random.digits(10)
  const left = random.digits(10)
  const fault = { code: 'CONSTRAINT_VIOLATED', message: 'the session allows less' } as const
  const isAbove = (usd: EvaluateInput['spent']['day']['total'] | null, most: bigint) =>
    usd === null || usd > toUsd(most)
  return {
    faults: ({ usd, heldUsd }) => (isAbove(usd, single) || isAbove(heldUsd, left) ? [fault] : []),
    most: smallest([toUsd(single), toUsd(left)])!,
  }
}

type Row = readonly [type: PolicyType, rules: object]

function rowsOf(random: Random, tokens: readonly Token[]): PolicyRow[] {
  const limits = Array.from({ length: random.chance(0.03) ? 0 : 1 + random.below(3) }, (): Row => {
    return ['SPENDING_LIMIT', spendingRules(random, tokens)]
  })
  const lists = lenient(random, tokens)
  const others = OTHERS.filter(() => random.chance(0.12)).map((make) => make(random))
  return [...lists, ...limits, ...others].map(([type, rules], index) =>
    row(type, rules, { id: `p${index}`, ...scopeOf(random, lists.length > index) }),
  )
}

/** Lists stand for what everybody needs, and are of everybody. */
const scopeOf = (random: Random, isList: boolean): Partial<PolicyRow> =>
  isList
    ? {}
    : random.pick([
        {},
        {},
        {},
        { walletId: null },
        { network: network.id },
        { sessionId: 's1' },
        { sessionLabel: 'team:a' },
        { sessionId: 's2' },
      ])

/** Mostly all that is asked for is on them. */
function lenient(random: Random, tokens: readonly Token[]): Row[] {
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random.chance(0.97))
  const all: Row[] = [
    ['ALLOWED_TOKENS', { tokens: [{ address: EVE }, ...some(tokens).map(({ address }) => ({ address }))] }],
    ['CONTRACT_WHITELIST', { contracts: [{ address: SPENDER }, ...some(PEOPLE).map((address) => ({ address }))] }],
    [
      'APPROVED_SPENDERS',
      {
        spenders: [
          { address: tokenAt(9) },
          ...some(PEOPLE).map((address) => ({
            address,
            ...(random.chance(0.3) && { maxAmount: String(random.digits(22)) }),
          })),
        ],
      },
    ],
    ['X402_ALLOWED_DOMAINS', { domains: ['api.example'] }],
    ['ERC8128_ALLOWED_DOMAINS', { domains: ['api.example'], rate_limit_rpm: 1 + random.below(4) }],
    ['LENDING_ASSET_WHITELIST', { assets: tokens.map(({ address }) => ({ address })) }],
    ['PERP_ALLOWED_MARKETS', { markets: [{ market: 'M' }] }],
    ['SIGN_MESSAGE_RULES', { personal: random.pick(['INSTANT', 'NOTIFY', 'APPROVAL']) }],
  ]
  return all.filter(() => random.chance(0.95))
}

const cents = (random: Random): number => usdNumber(toUsd(random.digits(10)))
const ladderOf = <T>(one: () => T, compare: (a: T, b: T) => number): [T, T, T] => {
  const sorted = [one(), one(), one()].sort(compare)
  return [sorted[0]!, sorted[1]!, sorted[2]!]
}
const bySize = (a: bigint, b: bigint): number => (a < b ? -1 : 1)
const some = (random: Random, values: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(values).filter(() => random.chance(0.8)))

function spendingRules(random: Random, tokens: readonly Token[]): object {
  const usd = ladderOf(
    () => cents(random),
    (a, b) => a - b,
  )
  const raw = ladderOf(() => random.digits(21), bySize)
  const { asset, decimals } = random.pick(tokens)
  const units = ladderOf(() => random.digits(decimals + 4), bySize).map((amount) => formatUnits(amount, decimals))
  const over = random.pick(['DENY', 'DENY', 'APPROVAL'])
  const parts = [
    some(random, { instant_max_usd: usd[0], notify_max_usd: usd[1], delay_max_usd: usd[2] }),
    some(random, { instant_max: `${raw[0]}`, notify_max: `${raw[1]}`, delay_max: `${raw[2]}` }),
    { token_limits: { [asset]: { instant_max: units[0], notify_max: units[1], delay_max: units[2] } } },
    { daily_limit_usd: cents(random), over_limit: over },
    { monthly_limit_usd: cents(random), over_limit: over },
  ]
  const chosen = parts.filter(() => random.chance(0.4))
  const first = {
    first_recipient: { tier: random.pick(['NOTIFY', 'DELAY', 'APPROVAL']), wait_seconds: random.below(200_000) },
  }
  return {
    ...Object.assign({}, ...(chosen.length > 0 ? chosen : [{}])),
    ...(!chosen.some((part) => Object.keys(part).length > 0) && { notify_max_usd: usd[1] }),
    ...(random.chance(0.3) && first),
    max_fee_usd: random.chance(0.9) ? 1_000_000 : cents(random),
  }
}

const OTHERS: readonly ((random: Random) => Row)[] = [
  (random) => ['WHITELIST', { allowed_addresses: random.chance(0.8) ? PEOPLE : [EVE] }],
  (random) => ['ALLOWED_NETWORKS', { networks: [{ network: random.chance(0.9) ? network.id : 'base-mainnet' }] }],
  (random) => ['RATE_LIMIT', { max_requests: 1 + random.below(4), window_seconds: 60 + random.below(7_200) }],
  timeRules,
  timeRules,
  () => ['METHOD_WHITELIST', { methods: [{ contractAddress: EVE, selectors: ['0xa9059cbb'] }] }],
  (random) => [
    'APPROVE_AMOUNT_LIMIT',
    { ...(random.chance(0.7) && { maxAmount: `${random.digits(21)}` }), blockUnlimited: random.chance(0.5) },
  ],
  (random) => ['APPROVE_TIER_OVERRIDE', { tier: random.pick(['INSTANT', 'NOTIFY', 'DELAY', 'APPROVAL']) }],
  () => ['LENDING_LTV_LIMIT', { maxLtv: 0.6, warningLtv: 0.3 }],
  () => ['PERP_MAX_LEVERAGE', { maxLeverage: 10, warningLeverage: 3 }],
  (random) => ['PERP_MAX_POSITION_USD', { maxPositionUsd: 1 + cents(random) }],
  (random) => [
    'REPUTATION_THRESHOLD',
    {
      min_score: random.below(101),
      below_threshold_tier: random.pick(['NOTIFY', 'DELAY']),
      check_counterparty: random.chance(0.3),
    },
  ],
  () => ['VENUE_WHITELIST', { venues: [{ id: 'venue' }] }],
  (random) => [
    'ACTION_CATEGORY_LIMIT',
    {
      category: random.pick(CATEGORIES),
      ...some(random, { daily_limit_usd: cents(random), monthly_limit_usd: cents(random) }),
      per_action_limit_usd: cents(random),
      tier_on_exceed: random.pick(['NOTIFY', 'DELAY', 'APPROVAL']),
    },
  ],
]

const ZONES = ['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns']
function timeRules(random: Random): Row {
  const start = random.below(24)
  const end = random.pick([(start + 1 + random.below(22)) % 24, 24])
  const days = [0, 1, 2, 3, 4, 5, 6].filter(() => random.chance(0.7))
  return [
    'TIME_RESTRICTION',
    {
      allowed_hours: start === end ? { start: 0, end: 24 } : { start, end },
      allowed_days: days.length > 0 ? days : [2],
      timezone: random.pick(ZONES),
    },
  ]
}

function requestOf(random: Random, tokens: readonly Token[]): EvaluateInput['effects'] {
  const to = random.pick(PEOPLE)
  const { asset } = random.pick([{ asset: ETH }, ...tokens])
  const amount = String(random.digits(23))
  const outflow: Effect = { kind: 'outflow', asset, amount, to }
  const all = random.chance(0.15)
  const most = String(2n ** 256n - 1n)
  const token = random.pick(tokens).asset
  const main: readonly Effect[] = random.pick<readonly Effect[]>([
    ...Array<readonly Effect[]>(8).fill([outflow]),
    [{ kind: 'approval', asset: token, amount: all ? most : amount, spender: to, unlimited: all }],
    [{ kind: 'call', contract: to, selector: '0xa9059cbb', value: amount }],
    [outflow, { kind: 'action', category: random.pick(CATEGORIES) }],
    [outflow, { kind: 'server', scheme: random.pick(['x402', 'erc8128']), domain: 'api.example' }],
    [outflow, { kind: 'account-creation', owner: to, asset: token, rent: String(random.digits(15)) }],
    [outflow, { kind: 'outflow', asset: token, amount: String(random.digits(20)), to: BOB }],
    [outflow, { ...outflow, amount: String(random.digits(20)), to: EVE }],
    [outflow, { kind: 'approval', asset: token, amount, spender: to, unlimited: false }, { ...outflow, to: BOB }],
    [{ kind: 'loan', action: 'borrow', lender: 'lender', asset: token, amount: String(random.digits(9)) }, outflow],
    [{ kind: 'position', venue: 'venue', market: 'M', isReducing: false }],
    [{ kind: 'message', form: 'text', domain: null }],
    [outflow, { kind: 'venue', venue: random.pick(['venue', 'other']) }],
    [outflow, { kind: 'unknown', description: 'bytes' }],
  ])
  return effects(main, random.chance(0.2) ? 0n : random.digits(15))
}
