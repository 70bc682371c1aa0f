import type { Effect } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOON } from '../../test/policies/samples.ts'
import { worldOf } from '../../test/policies/worlds.ts'
import { type EvaluateInput, evaluate, type Policy } from './evaluate.ts'
import { scaleOf } from './largest.ts'

/** Of each a dozen requests; `npm run prove -- explanations --worlds=9000` makes 100,000 refusals and raises of it. */
const WORLDS = Number(process.env.WAIAAS_PROVE_WORLDS ?? 700)
const REQUESTS = 12
/** What the rules may be asked for one answer: the bound that a refusal keeps, and the question itself. */
const MOST_ASKED = 257

type Judged = ReturnType<typeof evaluate>['decision']
const isRefused = ({ outcome }: Judged): boolean => outcome === 'DENY'
const runs = ({ outcome, tier }: Judged): boolean => outcome === 'ALLOW' && (tier === 'INSTANT' || tier === 'NOTIFY')

test('what a refusal or a raise names passes, one unit more does not, and no sooner than it says', () => {
  const seen = { refused: 0, raised: 0, amounts: 0, times: 0, never: 0, shares: 0, legs: 0, asked: 0, most: 0 }
  let asked = 0
  const told = new Set<string>()
  const counting: Pick<Policy, 'judge'> = { judge: () => void asked++ }

  const check = (seed: number) => {
    const world = worldOf(seed)
    const counted = (now: number, effects: EvaluateInput['effects']): EvaluateInput => {
      const at = world.at(now)
      return { ...at, effects, policies: [...at.policies, { ...COUNTED, ...counting }] }
    }
    for (let index = 0; index < REQUESTS; index++) {
      const effects = world.request()
      const input = counted(NOON, effects)
      asked = 0
      const { decision } = evaluate(input)
      const { headroom, suggestion } = decision
      const isPlain = decision.outcome === 'ALLOW' && decision.tier === 'INSTANT'
      if (isPlain) expect([asked, suggestion]).toEqual([1, undefined])
      else seen[isRefused(decision) ? 'refused' : 'raised']++
      seen.asked += isPlain ? 0 : asked
      seen.most = Math.max(seen.most, asked)
      const where = `seed ${seed}, request ${index}: ${JSON.stringify(effects.effects)} ${JSON.stringify({ ...decision, inputs: undefined })}`
      if (!isPlain) expect(suggestion?.message, where).toMatch(/^[A-Z].*\. [A-Z].*\.$/s)
      toldPlainly(decision, where).forEach((code) => void told.add(code))

      const scale = headroom.asset === null ? undefined : scaleOf(effects)
      const with_ = (amount: bigint): Judged => evaluate({ ...input, effects: scale!.with(amount as never) }).decision
      const exact = (most: string | null | undefined, passes: (decision: Judged) => boolean) => {
        if (most === undefined || most === null) return
        const amount = BigInt(most)
        seen.amounts++
        if (amount > 0n) expect(passes(with_(amount)), `${where}: ${amount} passes`).toBe(true)
        if (amount > 0n || !scale!.isUnlimited)
          expect(passes(with_(amount + 1n)), `${where}: ${amount + 1n} does not`).toBe(false)
      }
      if (scale) {
        exact(headroom.amount, (one) => !isRefused(one))
        exact(headroom.atOnce, runs)
        if (isRefused(decision)) expect(suggestion?.amount ?? '0').toBe(headroom.amount)
      }

      const passes = isRefused(decision) ? (one: Judged) => !isRefused(one) : runs
      severalHold(input, { decision, passes, where }, seen)
      const later = (ms: number) => passes(evaluate(counted(ms, effects)).decision)
      const retryAt = suggestion?.retryAt
      if (retryAt !== undefined) {
        seen.times++
        expect(later(retryAt * 1_000), `${where}: at ${retryAt} it passes`).toBe(true)
        const before = decision.reasons.some(({ code }) => code === 'ERC8128_RATE_LIMITED') ? 60_000 : 1_000
        expect(later(retryAt * 1_000 - before), `${where}: before ${retryAt} it does not`).toBe(false)
      } else if (!passes(decision) && !decision.reasons.every((reason) => reason.retryAt !== undefined)) {
        // Where hours of several policies never meet it is not looked for without end.
        seen.never++
        const hours = (seed + index * 7) % 24
        for (const days of [1, 32, 40])
          expect(later(NOON + days * 86_400_000 + hours * 3_600_000), `${where}: never`).toBe(false)
      }
    }
  }
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), check), { numRuns: WORLDS })
  // A refusal is no way to burn the daemon's time.
  const answers = seen.refused + seen.raised
  if (process.env.WAIAAS_PROVE_WORLDS) process.stdout.write(`${JSON.stringify(seen)}\n`)
  expect(seen.most).toBeLessThanOrEqual(MOST_ASKED)
  expect(seen.asked / answers).toBeLessThan(4)
  expect(told.size).toBeGreaterThan(30)
  // What none of them reached was not looked at.
  for (const [what, share] of Object.entries({
    refused: 0.3,
    raised: 0.1,
    amounts: 0.5,
    times: 0.05,
    never: 0.3,
    shares: 0.002,
    legs: 0.002,
  }))
    expect(seen[what as keyof typeof seen] / answers, what).toBeGreaterThan(share)
}, 1_200_000)

/** People read it: no field, type or verdict of the wire has a place in it. Gives what reasons there are. */
function toldPlainly({ reasons }: Judged, where: string): string[] {
  const raw = /[a-z]_[a-z]|[A-Z]_[A-Z]|\b(INSTANT|NOTIFY|DELAY|APPROVAL|DENY)\b|eip155:|undefined/
  for (const { message } of reasons) expect(message, where).not.toMatch(raw)
  return reasons.map(({ code }) => code)
}

type Told = { decision: Judged; passes: (decision: Judged) => boolean; where: string }

/** What is told of several amounts: a share of each, or one that is to be left out. */
function severalHold(input: EvaluateInput, { decision, passes, where }: Told, seen: { shares: number; legs: number }) {
  const { effects } = input.effects
  const passesWith = (some: readonly Effect[]) =>
    passes(evaluate({ ...input, effects: { ...input.effects, effects: [...some] } }).decision)
  const share = (percent: number) => passesWith(effects.map((one) => cut(one, percent)))
  const { percent, message = '' } = decision.suggestion ?? {}
  if (percent !== undefined) {
    seen.shares++
    expect(share(percent), `${where}: ${percent} % passes`).toBe(true)
    expect(share(percent + 1), `${where}: ${percent + 1} % does not`).toBe(false)
  }
  if (!message.includes('ithout the')) return
  seen.legs++
  const rests = effects.map((_, at) => effects.filter((_, index) => index !== at))
  expect(rests.some(passesWith), `${where}: the rest passes`).toBe(true)
}

/** So many percent of what moves, cut off. */
function cut(effect: Effect, percent: number): Effect {
  const of = (amount: string) => String((BigInt(amount) * BigInt(percent)) / 100n)
  if (effect.kind === 'outflow' || effect.kind === 'approval') return { ...effect, amount: of(effect.amount) }
  return effect.kind === 'call' ? { ...effect, value: of(effect.value) } : effect
}

const COUNTED: Policy = {
  ...{ id: 'counted', walletId: null, network: null, sessionId: null, sessionLabel: null },
  ...{ recorded: { id: 'counted', version: 1 }, type: 'CORRUPT', asks: {} },
  judge: () => {},
  names: () => false,
  allows: () => ({}),
  tokens: () => [],
  spenders: [],
  text: '',
  isWithin: () => false,
}
