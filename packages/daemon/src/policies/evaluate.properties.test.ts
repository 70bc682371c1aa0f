import { defaultSettings, integerOf, TIERS, type Tier, togglesOf, ZERO_USD } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BOB,
  ETH,
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
  unsound,
  verdict,
} from '../../test/policies/samples.ts'
import { compilePolicies, type EvaluateInput, type PolicyRow } from './evaluate.ts'

const address = fc.constantFrom(BOB, EVE, '0x00000000000000000000000000000000000000f0')
const usd = fc.integer({ min: 0, max: 1_000 })
const ordered = (value: fc.Arbitrary<number>) => fc.tuple(value, value, value).map((all) => all.sort((a, b) => a - b))
const spendingRules = fc
  .record({
    usd: fc.option(ordered(usd)),
    raw: fc.option(ordered(fc.integer({ min: 0, max: 10 ** 15 }))),
    token: fc.option(ordered(usd)),
    daily: fc.option(fc.integer({ min: 1, max: 1_000 })),
    over: fc.constantFrom('DENY', 'APPROVAL'),
    delay: fc.integer({ min: 1, max: 5_000 }),
  })
  .map(({ usd, raw, token, daily, over, delay }) => ({
    ...(usd && { instant_max_usd: usd[0], notify_max_usd: usd[1], delay_max_usd: usd[2] }),
    ...(raw && { instant_max: String(raw[0]), notify_max: String(raw[1]), delay_max: String(raw[2]) }),
    ...(token && {
      token_limits: {
        [USDC]: { instant_max: String(token[0]), notify_max: String(token[1]), delay_max: String(token[2]) },
      },
    }),
    ...(daily && { daily_limit_usd: daily }),
    ...(!usd && !raw && !token && !daily && { instant_max_usd: 10 }),
    over_limit: over,
    delay_seconds: delay,
  }))
const spending = spendingRules.map((rules) => row('SPENDING_LIMIT', rules))
const anyPolicy: fc.Arbitrary<PolicyRow> = fc.oneof(
  { weight: 3, arbitrary: spending },
  fc.uniqueArray(address, { minLength: 1 }).map((allowed_addresses) => row('WHITELIST', { allowed_addresses })),
  fc.constantFrom(USDC, ODD).map((assetId) => {
    return row('ALLOWED_TOKENS', { tokens: [{ assetId, address: assetId.slice(assetId.indexOf('0x')) }] })
  }),
  fc.constantFrom(network.id, 'base-mainnet').map((name) => row('ALLOWED_NETWORKS', { networks: [{ network: name }] })),
  fc.integer({ min: 1, max: 3 }).map((max_requests) => row('RATE_LIMIT', { max_requests, window_seconds: 60 })),
  fc.integer({ min: 0, max: 22 }).map((start) => {
    return row('TIME_RESTRICTION', { allowed_hours: { start, end: 23 }, allowed_days: [2] })
  }),
  fc.constant(row('SPENDING_LIMIT', '{}')),
)
const policies = fc.tuple(spending, fc.array(anyPolicy, { maxLength: 6 })).map(([first, rest]) => [first, ...rest])
const leaving = fc.array(
  fc
    .tuple(fc.constantFrom(ETH, USDC, ODD), fc.bigInt({ min: 0n, max: 2n * 10n ** 9n }), address)
    .map(([asset, amount, to]) => outflow(asset, asset === ETH ? amount * 10n ** 6n : amount, to)),
  { minLength: 1, maxLength: 3 },
)
const situation: fc.Arbitrary<Partial<EvaluateInput>> = fc
  .record({
    effects: leaving.map((list) => effects(list, 10n ** 12n)),
    spent: fc.bigInt({ min: 0n, max: 10n ** 9n }).map((total) => spentToday(total)),
    requests: fc
      .array(fc.integer({ min: NOON - 120_000, max: NOON }), { maxLength: 4 })
      .map((all) => ({ all, networks: {} })),
    now: fc.integer({ min: 0, max: 23 }).map((hours) => NOON + hours * 3_600_000),
  })
  .map((all) => all)

/** How strict a result is: a tier's rank, or a refusal above them all. */
const strictness = (result: string): number =>
  result.startsWith('DENY') ? TIERS.length : TIERS.indexOf(result as Tier)

test('the order of policies changes nothing', () => {
  const shuffled = policies.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
  )
  fc.assert(
    fc.property(shuffled, situation, ([list, other], more) => {
      const [a, b] = [judge(list, more).decision, judge(other, more).decision]
      expect([b.outcome, b.tier, b.delaySeconds, b.headroom.amount]).toEqual([
        a.outcome,
        a.tier,
        a.delaySeconds,
        a.headroom.amount,
      ])
      expect(b.reasons).toHaveLength(a.reasons.length)
      expect(b.reasons).toEqual(expect.arrayContaining(a.reasons))
    }),
  )
})

test('a further policy never loosens', () => {
  fc.assert(
    fc.property(policies, anyPolicy, situation, (list, further, more) => {
      const [before, after] = [judge(list, more).decision, judge([...list, further], more).decision]
      expect(strictness(verdict([...list, further], more))).toBeGreaterThanOrEqual(strictness(verdict(list, more)))
      if (
        before.tier === 'DELAY' &&
        after.tier === 'DELAY' &&
        before.outcome === after.outcome &&
        before.delaySeconds
      ) {
        expect(after.delaySeconds ?? 0).toBeGreaterThanOrEqual(before.delaySeconds)
      }
    }),
  )
})

test('a policy of sessions never loosens, whoever asks, whatever else there is', () => {
  const scope = fc.constantFrom({ sessionId: 's1' }, { sessionId: 's2' }, { sessionLabel: 'team:a' })
  const asking = fc.constantFrom(undefined, { id: 's1', labels: [] }, { id: 's1', labels: ['team:a'] })
  const lists = fc.array(anyPolicy, { maxLength: 4 })
  const toggles = { ...togglesOf(defaultSettings()) }
  fc.assert(
    fc.property(lists, anyPolicy, fc.tuple(scope, asking), situation, (list, further, [of, session], more) => {
      const read = {
        spent: { ...more.spent!, session: spentToday(1n) },
        requests: { ...more.requests!, session: [NOON] },
      }
      const alike = { lookalikes: { [BOB]: EVE } }
      const seen = { ...more, ...read, ...alike, toggles, ...(session && { session }) }
      const [without, with_] = [verdict(list, seen), verdict([...list, { ...further, ...of }], seen)]
      expect(strictness(with_)).toBeGreaterThanOrEqual(strictness(without))
    }),
  )
})

test('nothing is let through without a SPENDING_LIMIT', () => {
  const others = fc.array(anyPolicy).map((list) => list.filter(({ type }) => type !== 'SPENDING_LIMIT'))
  fc.assert(fc.property(others, situation, (list, more) => verdict(list, more).startsWith('DENY')))
})

test('however a sum is split, no more than the limit leaves in a window, fees included', () => {
  const parts = fc.array(fc.bigInt({ min: 1n, max: 10n ** 17n }), { minLength: 1, maxLength: 40 })
  const fee = fc.bigInt({ min: 0n, max: 10n ** 15n })
  fc.assert(
    fc.property(parts, fee, fc.integer({ min: 1, max: 3_000 }), (amounts, worstFee, daily) => {
      const limit = row('SPENDING_LIMIT', { daily_limit_usd: daily })
      let [spent, left] = [0n, 0n]
      for (const amount of amounts) {
        const { reserve } = judge([limit], {
          effects: effects([outflow(ETH, amount)], worstFee),
          spent: spentToday(spent),
        })
        for (const item of reserve) {
          spent += integerOf(item.usd ?? ZERO_USD)
          left += item.amount
        }
      }
      // 2,000 USD per ether: the exact value of what left, in micro-dollars and unrounded.
      expect(left * 2_000_000_000n <= BigInt(daily) * 1_000_000n * 10n ** 18n).toBe(true)
    }),
  )
})

test('if parts pass one by one under a window, so does their sum', () => {
  const parts = fc.array(fc.bigInt({ min: 1n, max: 10n ** 17n }), { minLength: 2, maxLength: 10 })
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 500 }), (amounts, daily) => {
      const limit = row('SPENDING_LIMIT', { daily_limit_usd: daily })
      let spent = 0n
      const all = amounts.every((amount) => {
        const { decision, reserve } = judge([limit], {
          effects: effects([outflow(ETH, amount)]),
          spent: spentToday(spent),
        })
        spent += reserve.reduce((sum, item) => sum + integerOf(item.usd ?? ZERO_USD), 0n)
        return decision.outcome === 'ALLOW'
      })
      if (all)
        expect(verdict([limit], { effects: effects(amounts.map((amount) => outflow(ETH, amount))) })).toBe('INSTANT')
    }),
  )
})

test('the headroom passes and one base unit more does not', () => {
  const spent = fc.bigInt({ min: 0n, max: 9n * 10n ** 8n })
  const asset = fc.constantFrom(ETH, USDC)
  fc.assert(
    fc.property(
      asset,
      spent,
      fc.bigInt({ min: 0n, max: 10n ** 15n }),
      fc.integer({ min: 1, max: 900 }),
      (of, total, fee, daily) => {
        const limits = [row('SPENDING_LIMIT', { daily_limit_usd: daily })]
        const send = (amount: bigint) => ({ effects: effects([outflow(of, amount)], fee), spent: spentToday(total) })
        const { headroom } = judge(limits, send(1n)).decision
        const most = BigInt(headroom.amount ?? -1)
        expect(most).toBeGreaterThanOrEqual(0n)
        if (most > 0n) expect(verdict(limits, send(most))).toBe('INSTANT')
        expect(verdict(limits, send(most + 1n))).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
      },
    ),
  )
})

test('an address that is added to a list is the only one that it newly permits', () => {
  const lists = fc.uniqueArray(address, { minLength: 1, maxLength: 2 })
  fc.assert(
    fc.property(lists, address, address, (allowed, added, to) => {
      const send = { effects: effects([outflow(ETH, 1n, to)]) }
      const before = verdict([open(), row('WHITELIST', { allowed_addresses: allowed })], send)
      const after = verdict([open(), row('WHITELIST', { allowed_addresses: [...allowed, added] })], send)
      if (to !== added) expect(after).toBe(before)
      else expect(after).toBe('INSTANT')
    }),
  )
})

test('on a grid of thresholds the tier is the first one that holds the amount, and more never gets a milder one', () => {
  const thresholds = ordered(fc.integer({ min: 0, max: 12 }))
  fc.assert(
    fc.property(thresholds, ([instant, notify, delay]) => {
      const rules = [
        { instant_max: `${instant}`, notify_max: `${notify}`, delay_max: `${delay}` },
        { token_limits: { [USDC]: { instant_max: `${instant}`, notify_max: `${notify}`, delay_max: `${delay}` } } },
        { instant_max_usd: instant, notify_max_usd: notify, delay_max_usd: delay },
      ]
      for (let amount = 1; amount <= 13; amount++) {
        const expected =
          amount <= instant! ? 'INSTANT' : amount <= notify! ? 'NOTIFY' : amount <= delay! ? 'DELAY' : 'APPROVAL'
        const sends = [
          outflow(ETH, BigInt(amount)),
          outflow(USDC, BigInt(amount) * 10n ** 6n),
          outflow(USDC, BigInt(amount) * 10n ** 6n),
        ]
        for (const [index, send] of sends.entries()) {
          expect(verdict([row('SPENDING_LIMIT', rules[index])], { effects: effects([send]) })).toBe(expected)
        }
      }
    }),
    { numRuns: 50 },
  )
})

test('a price that is missing, nothing, negative or for other decimals never lets value through by itself', () => {
  const fault = fc.constantFrom<EvaluateInput['prices'][string]>(
    undefined,
    unsound(0n, 6),
    unsound(-1n, 6),
    unsound(1_000_000n, 18),
  )
  const valued = spendingRules.filter(
    (rules) => rules.instant_max_usd !== undefined || rules.daily_limit_usd !== undefined,
  )
  fc.assert(
    fc.property(valued, fault, fc.bigInt({ min: 1n, max: 10n ** 12n }), (rules, price, amount) => {
      const { decision } = judge([row('SPENDING_LIMIT', rules)], {
        effects: effects([outflow(USDC, amount)]),
        prices: { [USDC]: price },
      })
      expect(decision.tier).toBe('APPROVAL')
    }),
  )
})

test('a time restriction judges each moment alike, whatever it judged before', () => {
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns')
  // Around the end of summer time in Europe, where an hour comes twice.
  const moment = fc.integer({ min: -3 * 3_600_000, max: 3 * 3_600_000 }).map((ms) => Date.UTC(2026, 9, 25, 1) + ms)
  const hours = fc.tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 12, max: 24 }))
  fc.assert(
    fc.property(zone, hours, fc.array(moment, { minLength: 2, maxLength: 8 }), (timezone, [start, end], moments) => {
      const rows = [
        open(),
        row('TIME_RESTRICTION', { allowed_hours: { start, end }, allowed_days: [0, 1, 2, 3, 4, 5, 6], timezone }),
      ]
      const policies = compilePolicies(rows)
      for (const now of moments)
        expect(judge([], { policies, now }).decision.outcome).toBe(judge(rows, { now }).decision.outcome)
    }),
  )
})
