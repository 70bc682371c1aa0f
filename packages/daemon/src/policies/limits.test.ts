import { TIERS, type Tier, toBase, toUsd, ZERO_BASE } from '@waiaas/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BOB,
  ETH,
  ETHER,
  EVE,
  effects,
  input,
  NOON,
  ODD,
  open,
  outflow,
  row,
  spentToday,
  USDC,
  USDC_ADDRESS,
  verdict,
} from '../../test/policies/samples.ts'
import type { EvaluateInput, PolicyRow } from './evaluate.ts'
import { limitsNow } from './limits.ts'

const ask = (policies: readonly PolicyRow[], more: Partial<EvaluateInput> = {}) =>
  limitsNow({ ...input(policies), effects: effects([]), ...more })
const free = { fee: ZERO_BASE, most: null, held: null, ceiling: null }
const amounts = (policies: readonly PolicyRow[], asset: string, more: Partial<EvaluateInput> = {}) =>
  ask(policies, more)
    .largest(asset, free)
    .map(({ amount }) => (amount === null ? null : String(amount)))

describe('the largest payment of each tier', () => {
  const ladder = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500 }
  test('is what the thresholds and the windows leave, in each asset', () => {
    const limit = [row('SPENDING_LIMIT', { ...ladder, daily_limit_usd: 300 })]
    expect(amounts(limit, USDC)).toEqual(['10000000', '100000000', '300000000', '300000000'])
    expect(amounts(limit, ETH)).toEqual([ETHER / 200n, ETHER / 20n, (ETHER * 3n) / 20n, (ETHER * 3n) / 20n].map(String))
    expect(amounts(limit, USDC, { spent: spentToday(295_000_000n) })).toEqual(Array(4).fill('5000000'))
    // A human may let more than that window pass.
    const soft = [row('SPENDING_LIMIT', { ...ladder, daily_limit_usd: 300, over_limit: 'APPROVAL' })]
    expect(amounts(soft, USDC)).toEqual(['10000000', '100000000', '300000000', null])
    expect(amounts([open()], ODD)).toEqual(['0', '0', '0', null])
  })
  test('is nothing while something refuses, and the reason is told', () => {
    expect(amounts([], USDC)).toEqual(Array(4).fill('0'))
    expect(ask([]).refused).toMatchObject([{ code: 'SPENDING_LIMIT_MISSING' }])
    const closed = row('TIME_RESTRICTION', { allowed_hours: { start: 1, end: 2 }, allowed_days: [2] })
    expect(ask([open(), closed]).refused).toMatchObject([{ code: 'TIME_RESTRICTED', retryAt: expect.any(Number) }])
    expect(amounts([open(), closed], ETH)).toEqual(Array(4).fill('0'))
  })
  test('is bound by what the session is bound to', () => {
    const largest = ask([open()]).largest(USDC, { ...free, most: toUsd(7_000_000n) })
    expect(largest.map(({ amount, usd }) => [amount, usd])).toEqual(Array(4).fill([7_000_000n, toUsd(7_000_000n)]))
    expect(
      ask([open()])
        .largest(ODD, { ...free, most: toUsd(7n) })
        .map(({ amount }) => amount),
    ).toEqual(Array(4).fill(0n))
  })

  test('is no more than what is held, nor below APPROVAL than what the signer signs without a password', () => {
    const largest = (payment: object) =>
      ask([row('SPENDING_LIMIT', ladder)])
        .largest(USDC, { ...free, ...payment })
        .map(({ amount }) => String(amount))
    expect(largest({ held: 90_000_000n })).toEqual(['10000000', '90000000', '90000000', '90000000'])
    expect(largest({ ceiling: 90_000_000n })).toEqual(['10000000', '90000000', '90000000', 'null'])
    expect(largest({ ceiling: 0n, held: 7n })).toEqual(['0', '0', '0', '7'])
  })
  test('is nothing in the tiers below that of its fee', () => {
    const largest = ask([row('SPENDING_LIMIT', ladder)]).largest(USDC, { ...free, fee: toBase(ETHER / 100n) })
    // 20 dollars for a fee are a NOTIFY here, and 30 no policy lets through without a human.
    expect(largest.map(({ amount }) => String(amount))).toEqual(['0', '100000000', '500000000', 'null'])
    const dear = ask([row('SPENDING_LIMIT', ladder)]).largest(USDC, { ...free, fee: toBase((ETHER * 3n) / 200n) })
    expect(dear.map(({ amount }) => String(amount))).toEqual(['0', '0', '0', 'null'])
  })

  const rules = fc
    .record({
      usd: fc.option(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50))),
      token: fc.option(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50))),
      daily: fc.option(fc.integer({ min: 1, max: 60 })),
      monthly: fc.option(fc.integer({ min: 1, max: 60 })),
      over: fc.constantFrom('DENY', 'APPROVAL'),
    })
    .map(({ usd, token, daily, monthly, over }) => {
      const [a, b, c] = (usd ?? [10, 10, 10]).toSorted((one, other) => one - other)
      const [x, y, z] = (token ?? [1, 1, 1]).toSorted((one, other) => one - other)
      return row('SPENDING_LIMIT', {
        ...(usd !== null && { instant_max_usd: a, notify_max_usd: b, delay_max_usd: c }),
        ...(token !== null && {
          token_limits: { [USDC]: { instant_max: `${x}`, notify_max: `${y}`, delay_max: `${z}` } },
        }),
        ...(daily !== null && { daily_limit_usd: daily }),
        ...(monthly !== null && { monthly_limit_usd: monthly }),
        ...(usd === null && token === null && daily === null && monthly === null && { notify_max_usd: 7 }),
        over_limit: over,
      })
    })
  const rank = (result: string) => (result.startsWith('DENY') ? TIERS.length : TIERS.indexOf(result as Tier))
  test('has that tier, and a base unit more has not', () => {
    const asset = fc.constantFrom(ETH, USDC)
    const past = fc.record({
      total: fc.bigInt({ min: 0n, max: 70_000_000n }),
      // Up to 60 dollars, where no fee above 25 goes without a human.
      fee: fc.oneof(
        fc.constant(0n),
        fc.bigInt({ min: 0n, max: ETHER / 100n }),
        fc.bigInt({ min: 0n, max: (ETHER * 3n) / 100n }),
      ),
      most: fc.option(fc.bigInt({ min: 0n, max: 70_000_000n })),
    })
    fc.assert(
      fc.property(fc.array(rules, { minLength: 1, maxLength: 3 }), asset, past, (list, of, { total, fee, most }) => {
        const bound = most === null ? null : toUsd(most)
        const fault = { code: 'CONSTRAINT_VIOLATED', message: 'the session allows less' } as const
        const constrained: EvaluateInput['constrained'] = {
          faults: ({ usd }) => (bound !== null && (usd === null || usd > bound) ? [fault] : []),
          most: bound,
        }
        const more = { spent: spentToday(total) }
        const payment = { ...free, fee: toBase(fee), most: bound }
        for (const [index, { amount }] of ask(list, more).largest(of, payment).entries()) {
          const pays = (units: bigint) =>
            rank(verdict(list, { ...more, constrained, effects: effects([outflow(of, units)], fee) }))
          if (amount === null) expect(pays(10n ** 30n)).toBeLessThanOrEqual(index)
          else {
            if (amount > 0n) expect(pays(amount)).toBeLessThanOrEqual(index)
            expect(pays(amount + 1n)).toBeGreaterThan(index)
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what is told of the rest', () => {
  test('windows say what is used, by whom, and when it comes back', () => {
    const final = [
      { until: NOON + 1_000, usd: toUsd(1_000_000n) },
      { until: NOON + 9_000, usd: toUsd(2_000_000n) },
    ]
    const session = {
      session: { id: 's1', labels: [] },
      spent: { ...spentToday(7_000_000n, final), session: spentToday(2n) },
    }
    const own = row('SPENDING_LIMIT', { daily_limit_usd: 3 }, { sessionId: 's1' })
    const everybody = row('SPENDING_LIMIT', { daily_limit_usd: 10, over_limit: 'APPROVAL' })
    const other = row('SPENDING_LIMIT', { daily_limit_usd: 1 }, { sessionId: 's2' })
    expect(ask([own, everybody, other], session).windows).toEqual([
      {
        ...{ name: 'daily_limit_usd', policyId: own.id, of: 'session' },
        limit: 3_000_000n,
        used: 2n,
        isHard: true,
        leaving: [],
      },
      {
        ...{ name: 'daily_limit_usd', policyId: everybody.id, of: 'wallet' },
        ...{ limit: 10_000_000n, used: 7_000_000n, isHard: false, leaving: [NOON + 1_000, NOON + 9_000] },
      },
    ])
  })
  test('lists are what all of them have, and where one is needed and is not there, nothing', () => {
    const toggles = { ...input([]).toggles, denyTokens: true, denyContracts: true }
    expect(ask([open()], { toggles }).allowed).toEqual({ tokens: [], recipients: null, contracts: [], hours: [] })
    expect(ask([open()], { toggles: { ...toggles, denyTokens: false, denyContracts: false } }).allowed).toMatchObject({
      ...{ tokens: null, contracts: null },
    })
    const hours = { start: 9, end: 18 }
    const lists = [
      row('WHITELIST', { allowed_addresses: [BOB, EVE] }),
      row('WHITELIST', { allowed_addresses: [EVE] }),
      row('ALLOWED_TOKENS', { tokens: [{ address: USDC_ADDRESS, chain: 'ethereum' }] }),
      row('CONTRACT_WHITELIST', { contracts: [{ address: BOB }, { address: EVE, chain: 'solana' }] }),
      row('TIME_RESTRICTION', { allowed_hours: hours, allowed_days: [2] }),
    ]
    expect(ask([open(), ...lists], { toggles }).allowed).toEqual({
      tokens: [USDC_ADDRESS.toLowerCase()],
      recipients: [EVE],
      contracts: [BOB],
      hours: [{ ...hours, days: [2], timezone: 'UTC' }],
    })
    const ofSession = { toggles, session: { id: 's1', labels: [] } }
    const scoped = lists.map((list) => ({ ...list, sessionId: 's1' }))
    expect(ask([open(), ...scoped], ofSession).allowed).toMatchObject({ tokens: [], recipients: [EVE], contracts: [] })
  })
})
