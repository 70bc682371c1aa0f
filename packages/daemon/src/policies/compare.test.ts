import { expect, test } from 'vitest'
import { policiesFrom, type Random, randomFrom } from '../../test/policies/generated.ts'
import { situationsFrom } from '../../test/policies/generated-cases.ts'
import { input, open, row } from '../../test/policies/samples.ts'
import { comparison, letsNoMoreThrough } from './compare.ts'
import { compilePolicies, type EvaluateInput, evaluate, type Policy, type PolicyRow } from './evaluate.ts'
import { strictnessOf } from './strictness.ts'

const PAIRS = 100_000
const { toggles } = input([])

function compare(before: readonly Policy[], after: readonly Policy[], cases: readonly EvaluateInput[]) {
  const comparing = comparison({ before, after }, toggles)
  for (const of of cases) if (comparing.isOpen()) comparing.look(of)
  return comparing.verdict()
}

/** One number of the rules a little higher or lower, or one entry of a list gone. */
function nudged(random: Random, policy: PolicyRow): PolicyRow {
  const rules = JSON.parse(policy.rules) as Record<string, unknown>
  const [name, value] = random.pick(Object.entries(rules))
  if (typeof value === 'number') rules[name] = Math.max(1, value + random.pick([-1, 1, 50]))
  if (Array.isArray(value) && value.length > 1) rules[name] = value.slice(1)
  return { ...policy, rules: JSON.stringify(rules), version: 2 }
}

/** A policy, the same with other rules, and the same for everybody. */
type Family = readonly [Policy, ...Policy[]]
function familiesFrom(random: Random): Family[] {
  const make = policiesFrom(random)
  return Array.from({ length: 1_500 }, () => {
    const one = make()
    const wide = { ...one, walletId: null, network: null }
    // A nudge may leave the order of thresholds, and then it is no policy.
    const all = compilePolicies([one, nudged(random, one), nudged(random, one), wide]).filter(
      ({ type }) => type !== 'CORRUPT',
    )
    return all as unknown as Family
  })
}

/** One set, and another that came of it by a change. */
function pairFrom(random: Random, families: readonly Family[]): [Policy[], Policy[]] {
  const chosen = Array.from({ length: random.whole(3) }, () => random.pick(families))
  const before = [...(random.chance(0.7) ? [OPEN] : []), ...chosen.map(([one]) => one)]
  const at = random.whole(Math.max(0, chosen.length - 1))
  const after = before.map((one) =>
    one === chosen[at]?.[0] && random.chance(0.9)
      ? chosen[at]!.at(-1 - random.whole(Math.max(0, chosen[at]!.length - 2)))!
      : one,
  )
  if (random.chance(0.2)) after.push(random.pick(families)[0])
  if (random.chance(0.15)) after.splice(random.whole(after.length), 1)
  return random.chance(0.5) ? [before, after] : [after, before]
}
const [OPEN] = compilePolicies([open()]) as [Policy]

const told = (policies: readonly Policy[]): string =>
  policies.map((one) => [one.text, one.walletId, one.network, one.sessionId ?? one.sessionLabel].join(' ')).join('\n')

test(`no verdict on ${PAIRS} generated pairs is contradicted, and each witness shows what it says`, () => {
  const random = randomFrom(20_261_201)
  const [families, situation] = [familiesFrom(random), situationsFrom(random)]
  const counts = { same: 0, tighter: 0, looser: 0, different: 0 }
  const pool: EvaluateInput[] = Array.from({ length: 2_000 }, () => ({
    ...input([], situation()),
    usualDelay: random.pick([60, 300]),
  }))
  let proven = 0
  for (let index = 0; index < PAIRS; index++) {
    const [before, after] = pairFrom(random, families)
    const [isTighter, isLooser] = [letsNoMoreThrough(after, before, toggles), letsNoMoreThrough(before, after, toggles)]
    const isSame = before.map(({ text }) => text).join() === after.map(({ text }) => text).join()
    if (isTighter || isLooser) proven++
    // Where nothing is proven nothing is claimed but `different`; some of those, and of those that are alike, are enough.
    if ((isSame || !(isTighter || isLooser)) && index % 10 > 0) continue
    const { change, witnesses } = compare(before, after, [random.pick(pool)])
    counts[change]++
    const how = (of: EvaluateInput) =>
      strictnessOf(
        evaluate({ ...of, policies: before }).decision,
        evaluate({ ...of, policies: after }).decision,
        of.usualDelay!,
      )
    for (const { shows, input: of } of witnesses)
      if (how(of) !== shows) expect.fail(`pair ${index} is no witness of ${shows}`)
    const shown = how(random.pick(pool))
    const isWrong =
      (isTighter && shown !== 'same' && shown !== 'tighter') || (isLooser && shown !== 'same' && shown !== 'looser')
    if (isWrong || (change === 'same' && shown !== 'same'))
      expect.fail(`pair ${index} is ${change}, and ${shown}: ${told(before)}\n---\n${told(after)}`)
  }
  // The rules prove something often, and the cases show it.
  expect(proven).toBeGreaterThan(PAIRS / 3)
  for (const [change, count] of Object.entries(counts)) expect(count, change).toBeGreaterThan(PAIRS / 1_000)
}, 240_000)

test('what is the same by another name, order or number is the same', () => {
  const [one, other] = [row('WHITELIST', { allowed_addresses: ['0x00000000000000000000000000000000000000b0'] }), open()]
  const off = row('RATE_LIMIT', { max_requests: 1, window_seconds: 60 }, { enabled: false })
  const before = compilePolicies([one, other])
  const after = compilePolicies([other, { ...one, id: 'renamed', version: 7 }, off])
  expect(compare(before, after, [])).toEqual({ change: 'same', witnesses: [] })
})

const limit = (rules: object) => compilePolicies([row('SPENDING_LIMIT', rules)])
const list = (...addresses: string[]) => compilePolicies([row('WHITELIST', { allowed_addresses: addresses })])
const [BOB, EVE] = ['0x00000000000000000000000000000000000000b0', '0x00000000000000000000000000000000000000e0']

test.each<[string, readonly Policy[], readonly Policy[], [boolean, boolean]]>([
  ['a lower threshold', limit({ instant_max_usd: 5 }), limit({ instant_max_usd: 6 }), [true, false]],
  ['a window more', limit({ instant_max_usd: 5, daily_limit_usd: 9 }), limit({ instant_max_usd: 5 }), [true, false]],
  [
    'one threshold lower and one higher',
    limit({ instant_max_usd: 5, delay_max_usd: 9 }),
    limit({ instant_max_usd: 6, delay_max_usd: 8 }),
    [false, false],
  ],
  ['another unit', limit({ instant_max: '5' }), limit({ instant_max_usd: 5 }), [false, false]],
  [
    'a longer delay',
    limit({ delay_max_usd: 5, delay_seconds: 90 }),
    limit({ delay_max_usd: 5, delay_seconds: 60 }),
    [true, false],
  ],
  [
    'one recipient less',
    [...limit({ instant_max_usd: 5 }), ...list(BOB)],
    [...limit({ instant_max_usd: 5 }), ...list(BOB, EVE)],
    [true, false],
  ],
  // Its list vouches for somebody whom nothing vouched for.
  [
    'a first list of recipients',
    [...limit({ instant_max_usd: 5 }), ...list(BOB)],
    limit({ instant_max_usd: 5 }),
    [false, false],
  ],
  ['no limit at all', [], limit({ instant_max_usd: 5 }), [false, false]],
])('%s', (_name, one, other, expected) => {
  expect([letsNoMoreThrough(one, other, toggles), letsNoMoreThrough(other, one, toggles)]).toEqual(expected)
})
