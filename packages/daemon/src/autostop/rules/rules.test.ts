import { AUTOSTOP_RULES, type AutostopRuleId, defaultSettings, type SettingKey, toUsd } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countingRules, RULE_IDS, rulesReader } from '../settings.ts'
import { RULES } from './all.ts'
import type { CountingRule, Excess, Happening } from './rule.ts'

const HOUR = 3_600_000
const settings = defaultSettings()
const valuesOf = (id: AutostopRuleId) => rulesReader(() => settings)()[id].values
const ruleOf = (id: AutostopRuleId): CountingRule => RULES[id] ?? expect.fail(`${id} counts nothing`)
const COUNTING = RULE_IDS.filter((id) => RULES[id])

/** What a rule says after these, each at its time; as the daemon uses it, what is too much is not counted. */
function played(id: AutostopRuleId, happenings: readonly (readonly [number, Happening])[], values = valuesOf(id)) {
  const rule = ruleOf(id)
  let seen: unknown
  let first: (Excess & { at: number; index: number }) | undefined
  for (const [index, [now, happening]] of happenings.entries()) {
    // What is stored is JSON.
    seen = seen === undefined ? undefined : JSON.parse(JSON.stringify(seen))
    const next = rule.count(seen, happening, { now, values })
    const excess = rule.over(next, { now, values })
    if (excess) first ??= { ...excess, at: now, index }
    if (!excess) seen = next
  }
  return { first, seen, rule, values }
}
const paid = (usd: number, more: Partial<Extract<Happening, { kind: 'accepted' }>> = {}): Happening => ({
  ...{ kind: 'accepted', usd: toUsd(BigInt(usd) * 1_000_000n), percent: () => 50, strangers: [] },
  ...more,
})
const refused: Happening = { kind: 'refused', to: ['x'] }
const landed = (succeeded: boolean): Happening => ({ kind: 'landed', to: ['x'], succeeded })

/** Days of what the templates of the docs are for, which no rule may stop by default. */
const DAYS: Readonly<Record<string, readonly (readonly [number, Happening])[]>> = {
  // Swaps at one contract, two an hour, one in ten fails; now and then twelve within an hour.
  'a trading bot': Array.from({ length: 24 * 14 }, (_, hour) => hour * HOUR).flatMap((start, hour) =>
    Array.from({ length: hour % 29 === 7 ? 12 : 2 }, (_, index) => {
      const fails = (hour + index) % 10 === 3
      const at = start + index * 60_000
      const share = (hour * 7 + index * 13) % 60
      return [
        [at, paid(40 + share, { percent: () => 40 + share })],
        [at + 5_000, landed(!fails)],
      ] as [number, Happening][]
    }).flat(),
  ),
  // Cents for answers of a few servers, in bursts.
  'one that pays for APIs': Array.from({ length: 24 * 14 }, (_, hour) => hour * HOUR).flatMap((start, hour) =>
    Array.from({ length: hour % 5 === 0 ? 300 : 10 }, (_, index) => {
      const at = start + index * 4_000
      return [at, { ...paid(0), usd: toUsd(10_000n), percent: () => 1, strangers: [`server ${index % 4}`] }] as const
    }),
  ),
  // A few people a day, some of them new, rather different amounts.
  'one that pays people': Array.from({ length: 60 }, (_, day) => day * 24 * HOUR).flatMap((start, day) =>
    Array.from({ length: 6 }, (_, index) => {
      const strangers = index < 3 ? [`person ${day} ${index}`] : []
      return [
        start + index * 600_000,
        paid(5 + ((day * 11 + index * 7) % 20), { strangers, percent: () => 60 }),
      ] as const
    }),
  ),
}

test.each(Object.entries(DAYS))('%s goes on', (_name, happenings) => {
  for (const id of COUNTING) expect([id, played(id, happenings).first]).toEqual([id, undefined])
})

test('each rule of the table stops what it is for at its threshold, and says what was seen', () => {
  const far = Array.from({ length: 20 }, (_, hour) => [hour * HOUR, paid(10)] as const)
  const burst = (of: (index: number) => Happening) =>
    Array.from({ length: 40 }, (_, index) => [20 * HOUR + index * 1_000, of(index)] as const)
  const cases: Partial<Record<AutostopRuleId, Parameters<typeof played>[1]>> = {
    consecutive_failures: burst(() => landed(false)),
    retry_storm: burst(() => refused),
    spend_velocity: [...far, ...burst(() => paid(60))],
    near_limit: burst(() => paid(1, { percent: () => 97 })),
    first_recipients: burst((index) => paid(1, { strangers: [`stranger ${index}`] })),
  }
  expect(Object.keys(cases)).toEqual(COUNTING)
  const found = Object.entries(cases).map(([id, happenings]) => {
    // The keys are ids.
    const { first } = played(id as AutostopRuleId, happenings)
    return `${id}: ${first?.reason}; ${first?.observed} of ${first?.allowed}`
  })
  expect(found).toEqual([
    'consecutive_failures: 5 of its transactions in a row failed on chain; 5 of 4',
    'retry_storm: 20 requests to x were refused or failed within 5 minutes; 20 of 19',
    'spend_velocity: it was to spend 120 USD within an hour, and 10 is what an hour with payments had on average; 120 of 100',
    'near_limit: 10 payments within 1 hour take 90 per cent or more of what may leave with so little asked; 10 of 9',
    'first_recipients: it was to pay 20 recipients within 1 hour that it had never paid; 20 of 19',
  ])
})

const targets = fc.subarray([...'abcdefghijklmnopqrstuvwxyz'])
/** More and more often, larger and nearer to the limit: a rule that lets more be stops it later. */
const growing = (of: (index: number) => Happening): (readonly [number, Happening])[] => {
  let now = 100 * HOUR
  const past = Array.from({ length: 20 }, (_, hour) => [hour * HOUR, paid(10)] as const)
  const coming = Array.from({ length: 400 }, (_, index) => {
    now += Math.max(1_000, Math.floor(1_200_000 * 0.97 ** index))
    return [now, of(index)] as const
  })
  return [...past, ...coming]
}
const GROWING: Partial<Record<AutostopRuleId, ReturnType<typeof growing>>> = {
  consecutive_failures: growing(() => landed(false)),
  retry_storm: growing(() => refused),
  spend_velocity: growing((index) => paid(1 + Math.floor(1.05 ** index))),
  near_limit: growing((index) => paid(1, { percent: () => 90 + (index % 11) })),
  first_recipients: growing((index) => paid(1, { strangers: [`stranger ${index}`] })),
}
const NUMBERS = COUNTING.flatMap((id) =>
  Object.entries(AUTOSTOP_RULES[id].config).map(([name, key]) => [id, name, key as SettingKey] as const),
)

test.each(NUMBERS)('%s obeys its %s', (id, name, key) => {
  const usual = Number(settings[key])
  const looser = name === 'percent' ? 100 : name === 'window_sec' ? usual / 4 : usual * (name === 'min_usd' ? 1_000 : 3)
  const changed = { ...settings, [key]: looser }
  const stopsAt = (given: typeof settings) =>
    played(id, GROWING[id]!, rulesReader(() => given)()[id].values).first?.index ?? Number.POSITIVE_INFINITY
  expect(stopsAt(settings)).toBeLessThan(stopsAt(changed))
  expect(stopsAt(settings)).toBeGreaterThan(20)
  // For one wallet alone it holds for that one.
  const own = { ...settings, 'autostop.wallets': { one: { [id]: { config: { [name]: looser } } } } }
  const read = rulesReader(() => own)
  expect([read('one')[id].values[name], read('other')[id].values[name]]).toEqual([looser, usual])
})

test.each(RULE_IDS)('%s is off when it is switched off, and throws the switch when it is to', (id) => {
  const rule = AUTOSTOP_RULES[id]
  const now = (changed: object) => rulesReader(() => ({ ...settings, ...changed }))()[id]
  expect(now({}).enabled).toBe(true)
  expect(now({ [rule.enabled]: false }).enabled).toBe(false)
  expect(now({ 'autostop.enabled': false }).enabled).toBe(id === 'effect_diverged')
  expect(now({}).throwsSwitch).toBe(false)
  if ('action' in rule) expect(now({ [rule.action]: 'kill_switch' }).throwsSwitch).toBe(true)
  const off = countingRules(() => ({ ...settings, [rule.enabled]: false }))('one')
  expect(off.map((each) => each.id)).toEqual(COUNTING.filter((each) => each !== id))
})

test('a host is stormed whatever address it is paid at, and an address whatever host it is of', () => {
  const storm = (to: (index: number) => string[]) =>
    played(
      'retry_storm',
      Array.from({ length: 40 }, (_, index) => [index * 1_000, { kind: 'refused', to: to(index) }] as const),
    ).first
  expect(storm((index) => [`0x${index}`, 'api.example.com'])?.reason).toContain('20 requests to api.example.com')
  expect(storm((index) => ['0x1', `api-${index}.example.com`])?.reason).toContain('20 requests to 0x1')
  expect(storm((index) => [`0x${index}`, `api-${index}.example.com`])).toBeUndefined()
})

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constant('accepted' as const),
    usd: fc.oneof(fc.constant(null), fc.bigInt(0n, 10n ** 9n).map(toUsd)),
    percent: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 100 })).map((percent) => () => percent),
    strangers: fc.array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('refused' as const), to: targets }),
  fc.record({ kind: fc.constant('landed' as const), to: targets, succeeded: fc.boolean() }),
  fc.constant({ kind: 'asked' as const }),
)

test('what a rule keeps is bounded, is the same as JSON, and stops nothing at once after it has stopped', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 900_000 }), happening), { maxLength: 120 }), (steps) => {
      let now = 1_000 * HOUR
      const timed = steps.map(([wait, what]) => {
        now += wait
        return [now, what] as const
      })
      for (const id of COUNTING) {
        const { seen, rule, values } = played(id, timed)
        expect((JSON.stringify(seen) ?? '').length).toBeLessThan(8_000)
        const kept = rule.afterwards?.(seen)
        expect(rule.over(kept, { now, values })).toBeUndefined()
        for (const [name, value] of Object.entries(rule.tell(seen, { now, values })))
          expect(['string', 'number'], name).toContain(typeof value)
      }
    }),
    { numRuns: 60 },
  )
})

test('a wallet has its own values, and what it does not name is as for all; the switch of all turns them off but one', () => {
  const own = {
    ...settings,
    'autostop.wallets': { w: { near_limit: { enabled: false }, retry_storm: { config: { threshold: 3 } } } },
  }
  const of = rulesReader(() => own)
  expect(of('w').near_limit.enabled).toBe(false)
  expect(of('v').near_limit.enabled).toBe(true)
  expect(of('w').retry_storm.values).toEqual({ threshold: 3, window_sec: 300 })
  expect(of('v').retry_storm.values).toEqual({ threshold: 20, window_sec: 300 })
  const off = rulesReader(() => ({ ...settings, 'autostop.enabled': false }))()
  expect(RULE_IDS.filter((id) => off[id].enabled)).toEqual(['effect_diverged'])
  expect(Object.keys(AUTOSTOP_RULES)).toEqual(RULE_IDS)
})
