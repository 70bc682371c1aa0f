import {
  defaultSettings,
  isPolicyType,
  mayLoosen,
  NETWORKS,
  POLICY_TYPES,
  policyTypes,
  TIERS,
  type Tier,
  togglesOf,
} from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BOB,
  ETH,
  EVE,
  effects,
  NOON,
  network,
  ODD,
  open,
  outflow,
  spentToday,
  USDC,
  verdict,
} from '../../test/policies/samples.ts'
import { admitRules, type PolicyRow } from './compile.ts'
import { comparer, type PolicyChanged } from './loosening.ts'
import { newRow, toPolicyRow } from './rows.ts'
import type { StoredPolicy } from './store.ts'

const usd = fc.integer({ min: 0, max: 4 })
const steps = fc.tuple(usd, usd, usd).map((all) => all.sort((a, b) => a - b))
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const spending = fc
  .record({
    usd: some(steps),
    native: some(steps),
    token: some(steps),
    daily: some(fc.integer({ min: 1, max: 4 })),
    fee: fc.constantFrom(0, 25),
    delay_seconds: fc.integer({ min: 1, max: 3 }),
    over_limit: fc.constantFrom('DENY', 'APPROVAL'),
  })
  .map(({ usd = [1, 2, 3], native, token, daily, fee, ...rest }) => ({
    ...{ instant_max_usd: usd[0], notify_max_usd: usd[1], delay_max_usd: usd[2] },
    ...(native && { instant_max: `${native[0]}`, notify_max: `${native[1]}`, delay_max: `${native[2]}` }),
    ...(token && {
      token_limits: { [USDC]: { instant_max: `${token[0]}`, notify_max: `${token[1]}`, delay_max: `${token[2]}` } },
    }),
    ...(daily && { daily_limit_usd: daily }),
    ...rest,
    max_fee_usd: fee,
  }))
const address = fc.constantFrom(BOB, EVE)
const token = fc.constantFrom(USDC, ODD).map((assetId) => ({ assetId, address: assetId.slice(assetId.indexOf('0x')) }))
const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 2 })
/** Rules of one type, twice. */
const pair: fc.Arbitrary<readonly [string, object, object]> = fc.oneof(
  ...(
    [
      ['SPENDING_LIMIT', spending],
      ['ALLOWED_TOKENS', few(token).map((tokens) => ({ tokens }))],
      ['WHITELIST', few(address).map((allowed_addresses) => ({ allowed_addresses }))],
      [
        'ALLOWED_NETWORKS',
        few(fc.constantFrom(network.id, 'base-mainnet')).map((ids) => ({
          networks: ids.map((id) => ({ network: id })),
        })),
      ],
      [
        'RATE_LIMIT',
        fc.record({ max_requests: fc.integer({ min: 1, max: 3 }), window_seconds: fc.constantFrom(30, 60) }),
      ],
      [
        'TIME_RESTRICTION',
        fc.constantFrom(10, 13).map((start) => ({ allowed_hours: { start, end: 24 }, allowed_days: [2] })),
      ],
    ] satisfies [string, fc.Arbitrary<object>][]
  ).map(([type, rules]) => fc.tuple(fc.constant(type), rules, rules)),
)
const scope = fc.record({
  walletId: fc.constantFrom('wallet-1', null),
  network: fc.constantFrom(null, network.id),
  enabled: fc.boolean(),
})
const stored = (
  type: string,
  rules: object,
  more: { walletId: string | null; network: string | null; enabled: boolean },
) => {
  if (!isPolicyType(type)) throw new Error(type)
  return newRow({ type, priority: 0, ...more, rules: admitRules(type, rules, NETWORKS) }, NOON)
}
const situation = fc
  .record({
    effects: fc
      .array(fc.tuple(fc.constantFrom(ETH, USDC, ODD), fc.integer({ min: 0, max: 5_000_000 }), address), {
        minLength: 1,
        maxLength: 2,
      })
      .map((all) =>
        effects(
          all.map(([asset, amount, to]) => outflow(asset, BigInt(amount) * (asset === ETH ? 500_000_000n : 1n), to)),
          10n ** 10n,
        ),
      ),
    spent: fc.bigInt({ min: 0n, max: 5_000_000n }).map((total) => spentToday(total)),
    requests: fc
      .array(fc.integer({ min: NOON - 70_000, max: NOON }), { maxLength: 3 })
      .map((all) => ({ all, networks: {} })),
  })
  .map((all) => ({ ...all, lookalikes: { [EVE]: BOB }, toggles: togglesOf(defaultSettings()) }))

const effectOf = (change: PolicyChanged, all: readonly StoredPolicy[]) => comparer().of(change, all)

const strictness = (result: string): number =>
  result.startsWith('DENY') ? TIERS.length : TIERS.indexOf(result as Tier)
const rows = (all: readonly StoredPolicy[], more: readonly PolicyRow[]) => [...more, ...all.map(toPolicyRow)]

test('a change that is no loosening lets nothing out that was held back, whatever is asked for', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(
      ...[
        pair,
        fc.array(pair, { maxLength: 2 }),
        scope,
        scope,
        fc.constantFrom('add', 'change', 'remove'),
        situation,
        fc.boolean(),
      ],
      ([type, from, to], others, of, also, deed, more, isBounded) => {
        const all = others.map(([kind, rules]) => stored(kind, rules, also))
        const [before, after] = [stored(type, from, of), stored(type, to, { ...of, enabled: true })]
        const change = { ...(deed !== 'add' && { before }), ...(deed !== 'remove' && { after }) }
        const [was, is] = [deed === 'add' ? all : [...all, before], deed === 'remove' ? all : [...all, after]]
        const effect = effectOf(change, was)
        seen.add(`${deed} ${effect}`)
        const rest = isBounded ? [open()] : []
        const [then, now] = [verdict(rows(was, rest), more), verdict(rows(is, rest), more)]
        if (!mayLoosen(effect))
          expect(strictness(now), JSON.stringify({ effect, was, is })).toBeGreaterThanOrEqual(strictness(then))
        if (effect === 'looser' && deed === 'change' && of.enabled)
          expect(strictness(now)).toBeLessThanOrEqual(strictness(then))
        if (effect === 'same') expect(strictness(now)).toBe(strictness(then))
      },
    ),
    { numRuns: 2_000, seed: 44 },
  )
  expect([...seen].sort()).toEqual(
    expect.arrayContaining([
      'add looser',
      'add tighter',
      'change different',
      'change looser',
      'change same',
      'change tighter',
      'remove looser',
      'remove different',
    ]),
  )
})

test('rules of every type are the same as themselves, and what cannot be read is like nothing else', () => {
  const all = { walletId: null, network: null, enabled: true }
  for (const type of POLICY_TYPES) {
    const row = stored(type, policyTypes[type].example, all)
    expect(effectOf({ before: row, after: { ...row, priority: 9 } }, [row]), type).toBe('same')
    const broken = { ...row, rules: '{"broken"' }
    expect(mayLoosen(effectOf({ before: broken, after: row }, [broken])), type).toBe(true)
  }
  const strange = { ...stored('RATE_LIMIT', { max_requests: 1, window_seconds: 1 }, all), type: 'MOON' }
  expect(effectOf({ before: strange, after: { ...strange, rules: '{}' } }, [strange])).toBe('different')
  expect(effectOf({ before: strange }, [strange])).toBe('looser')
})

test('what a change does is told of each wallet, and of all together', () => {
  const of = (walletId: string | null, max_requests: number) =>
    stored('RATE_LIMIT', { max_requests, window_seconds: 60 }, { walletId, network: null, enabled: true })
  const [everybody, strict, mild] = [of(null, 5), of('strict', 3), of('mild', 9)]
  const before = [everybody, strict, mild]
  const told = (after: readonly StoredPolicy[]) => {
    const { forWallet, forAll } = comparer()
    return [...['strict', 'mild', null].map((wallet) => forWallet(before, after, wallet)), forAll(before, after)]
  }
  expect(told([strict, mild])).toEqual(['same', 'looser', 'looser', 'looser'])
  expect(told([everybody, strict])).toEqual(['same', 'same', 'same', 'same'])
  expect(told([everybody, mild])).toEqual(['looser', 'same', 'same', 'looser'])
  expect(told([of(null, 4), of('strict', 4), mild])).toEqual(['looser', 'tighter', 'tighter', 'different'])
})

test.each<[string, string, object, object, string]>([
  ['a higher step', 'SPENDING_LIMIT', { instant_max_usd: 1 }, { instant_max_usd: 2 }, 'looser'],
  [
    'a limit that is gone',
    'SPENDING_LIMIT',
    { instant_max_usd: 1, daily_limit_usd: 5 },
    { instant_max_usd: 1 },
    'looser',
  ],
  [
    'a lower step and a higher limit',
    'SPENDING_LIMIT',
    { instant_max_usd: 2, daily_limit_usd: 5 },
    { instant_max_usd: 1, daily_limit_usd: 6 },
    'different',
  ],
  [
    'a shorter delay',
    'SPENDING_LIMIT',
    { instant_max_usd: 1, delay_seconds: 10 },
    { instant_max_usd: 1, delay_seconds: 9 },
    'looser',
  ],
  [
    'a tier for strangers',
    'SPENDING_LIMIT',
    { instant_max_usd: 1 },
    { instant_max_usd: 1, first_recipient: { tier: 'DELAY' } },
    'tighter',
  ],
  [
    'approval in place of a denial',
    'SPENDING_LIMIT',
    { daily_limit_usd: 1 },
    { daily_limit_usd: 1, over_limit: 'APPROVAL' },
    'looser',
  ],
  [
    'a longer list',
    'APPROVED_SPENDERS',
    { spenders: [{ address: BOB }] },
    { spenders: [{ address: BOB }, { address: EVE }] },
    'looser',
  ],
  [
    'a bound on an entry',
    'APPROVED_SPENDERS',
    { spenders: [{ address: BOB }] },
    { spenders: [{ address: BOB, maxAmount: '5' }] },
    'tighter',
  ],
  [
    'another name of an entry',
    'CONTRACT_WHITELIST',
    { contracts: [{ address: BOB }] },
    { contracts: [{ address: BOB, name: 'b' }] },
    'same',
  ],
  ['unlimited approvals', 'APPROVE_AMOUNT_LIMIT', {}, { blockUnlimited: false }, 'looser'],
  ['a stricter tier', 'APPROVE_TIER_OVERRIDE', { tier: 'NOTIFY' }, { tier: 'APPROVAL' }, 'tighter'],
  [
    'more of the collateral',
    'LENDING_LTV_LIMIT',
    { maxLtv: 0.5, warningLtv: 0.4 },
    { maxLtv: 0.6, warningLtv: 0.4 },
    'looser',
  ],
  [
    'what nobody compares',
    'METHOD_WHITELIST',
    { methods: [{ contractAddress: BOB, selectors: ['0xa9059cbb'] }] },
    { methods: [{ contractAddress: BOB, selectors: ['0x095ea7b3'] }] },
    'different',
  ],
])('%s is told as that', (_, type, from, to, effect) => {
  const of = { walletId: 'w', network: null, enabled: true }
  const [before, after] = [stored(type, from, of), stored(type, to, of)]
  expect(effectOf({ before, after }, [before])).toBe(effect)
  const back = { looser: 'tighter', tighter: 'looser' }[effect] ?? effect
  expect(effectOf({ before: after, after: before }, [after])).toBe(back)
})
