import fc from 'fast-check'
import { expect, test } from 'vitest'
import { throttle } from './throttle.ts'

const make = () => {
  const time = { now: 1_000 }
  return { time, pace: throttle(() => time.now) }
}

test('nothing is held back before the first refusal', () => {
  const { pace } = make()
  expect(pace.take(500)).toBe(500)
  expect(pace.waitMs(500)).toBe(0)
  expect(pace.rate()).toBeNull()
})

test('rests grow while nothing is answered, and refusals of requests under way together are one', () => {
  const { pace, time } = make()
  for (const restMs of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    for (let together = 0; together < 5; together++) pace.refused({ asked: 1, answered: 0 })
    expect(pace.take(1)).toBe(0)
    expect(pace.waitMs(1)).toBeGreaterThanOrEqual(restMs)
    time.now += restMs
  }
})

test('a part that was answered makes the rest short, and the rate what was served', () => {
  const { pace } = make()
  pace.refused({ asked: 45, answered: 25 })
  expect(pace.waitMs(1)).toBe(250)
  expect(pace.rate()).toBe(17.5)
})

test('a time that was named is kept up to a minute, and nothing odd makes it none', () => {
  for (const [retryAfterMs, waitMs] of [
    [0, 50],
    [7_000, 7_000],
    [Number.MAX_SAFE_INTEGER, 60_000],
  ] as const) {
    const { pace } = make()
    pace.refused({ asked: 1, answered: 1, retryAfterMs })
    expect(Math.max(pace.waitMs(0), 50)).toBe(waitMs)
  }
})

test('whatever is refused and served, after the named wait at least one call may leave', () => {
  const event = fc.record({
    asked: fc.integer({ min: 1, max: 500 }),
    answered: fc.integer({ min: 0, max: 500 }),
    refuses: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    wanted: fc.integer({ min: 1, max: 500 }),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { pace, time } = make()
      for (const { asked, answered, refuses, afterMs, wanted } of events) {
        if (refuses) pace.refused({ asked, answered: Math.min(answered, asked) })
        else pace.served(answered)
        time.now += afterMs
        const waitMs = pace.waitMs(wanted)
        expect(waitMs).toBeLessThanOrEqual(60_000)
        time.now += waitMs
        const taken = pace.take(wanted)
        expect(taken).toBeGreaterThanOrEqual(1)
        expect(taken).toBeLessThanOrEqual(wanted)
      }
    }),
  )
})

test('a stray refusal while little is wanted leaves most of the rate that held until then', () => {
  const { pace, time } = make()
  pace.served(400)
  pace.refused({ asked: 100, answered: 0, retryAfterMs: 1_000 })
  expect(pace.rate()).toBe(280)
  time.now += 5_000
  pace.refused({ asked: 1, answered: 0, retryAfterMs: 1_000 })
  expect(pace.rate()).toBe(196)
})

/** So many calls a second for some seconds; the rate at the end. */
function serve({ pace, time }: ReturnType<typeof make>, seconds: number): number {
  for (let second = 0; second < seconds; second++) {
    time.now += 1_000
    pace.served(Math.floor(pace.rate()!))
  }
  return pace.rate()!
}

test('the rate that a first stray refusal leaves is above a hundred calls a second within ten', () => {
  const made = make()
  made.pace.refused({ asked: 1, answered: 0, retryAfterMs: 1_000 })
  expect(made.pace.rate()).toBe(3.5)
  expect(serve(made, 10)).toBeGreaterThan(100)
})

test('an endpoint of a fixed rate is asked nearly so much, and refuses less than a tenth of it', () => {
  const { pace, time } = make()
  const rate = 40
  let [left, refused, answered] = [rate, 0, 0]
  for (let at = 0; at < 600_000; at += 50) {
    time.now += 50
    if (at % 1_000 === 0) left = rate
    const asked = pace.take(500)
    if (asked === 0) continue
    const served = Math.min(asked, left)
    left -= served
    if (at >= 60_000) [refused, answered] = [refused + asked - served, answered + served]
    if (served < asked) pace.refused({ asked, answered: served })
    else pace.served(served)
  }
  expect(answered / 540).toBeGreaterThan(rate * 0.7)
  expect(refused).toBeLessThan(answered / 10)
})
