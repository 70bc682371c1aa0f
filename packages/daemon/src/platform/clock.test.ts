import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'

const MINUTE = 60_000
const DAY = 86_400_000

function bed(floor = 0) {
  const time = { wall: 1_000 * DAY, running: 5 * DAY }
  const warnings: string[] = []
  const clock = systemClock(floor, {
    wall: () => time.wall,
    running: () => time.running,
    warn: (message) => void warnings.push(message),
  })
  /** Real time, which both sources show. */
  const pass = (ms: number) => {
    time.wall += ms
    time.running += ms
  }
  const set = (ms: number) => {
    time.wall += ms
  }
  return { clock, pass, set, warnings, start: time.wall }
}

test('time passes as the wall clock says, over sleep of the machine as well', () => {
  const { clock, pass, start, warnings } = bed()
  pass(8 * 60 * MINUTE)
  expect(clock.now()).toBe(start + 8 * 60 * MINUTE)
  expect(warnings).toEqual([])
})

test('a clock that is set back stands still until real time catches up', () => {
  const { clock, pass, set, start } = bed()
  expect(clock.now()).toBe(start)
  set(-DAY)
  pass(MINUTE)
  expect(clock.now()).toBe(start)
  pass(DAY)
  expect(clock.now()).toBe(start + MINUTE)
})

test('a clock that is set ahead moves nothing, and setting it right again does not either', () => {
  const { clock, pass, set, start, warnings } = bed()
  set(DAY)
  expect(clock.now()).toBe(start)
  pass(MINUTE)
  expect(clock.now()).toBe(start + MINUTE)
  expect(warnings).toEqual([expect.stringContaining('ahead by 86400 s')])
  set(-DAY)
  pass(MINUTE)
  expect(clock.now()).toBe(start + 2 * MINUTE)
})

test('small corrections are followed, however many they are', () => {
  const { clock, pass, set, start, warnings } = bed()
  for (let i = 0; i < 100; i++) {
    pass(MINUTE)
    set(MINUTE)
    clock.now()
  }
  expect(clock.now()).toBe(start + 200 * MINUTE)
  expect(warnings).toEqual([])
})

test('time never starts below what an earlier run has seen', () => {
  const later = 2_000 * DAY
  const { clock, pass } = bed(later)
  expect(clock.now()).toBe(later)
  pass(MINUTE)
  // What ends with time does not wait for the clock to catch up.
  expect([clock.now(), clock.latest(), clock.held()]).toEqual([later, later + MINUTE, undefined])
})

test('a start within five minutes of what an earlier run has seen follows the clock', () => {
  const { clock, start } = bed(1_000 * DAY - 5 * MINUTE)
  expect([clock.now(), clock.held()]).toEqual([start, undefined])
})

test('a start long after an earlier run goes on from there, until somebody believes the clock', () => {
  const { clock, pass, start } = bed(998 * DAY)
  expect(clock.held()).toEqual({ since: 'start', aheadMs: 2 * DAY })
  pass(MINUTE)
  expect([clock.now(), clock.latest()]).toEqual([998 * DAY + MINUTE, start + MINUTE])
  clock.believe(start + MINUTE)
  pass(MINUTE)
  expect([clock.now(), clock.latest(), clock.held()]).toEqual([start + 2 * MINUTE, start + 2 * MINUTE, undefined])
})

test('what another process has believed is taken over, as far as it goes', () => {
  const { clock, pass, start } = bed(998 * DAY)
  clock.believe(999 * DAY)
  expect([clock.now(), clock.held()]).toEqual([999 * DAY, { since: 'start', aheadMs: DAY }])
  clock.believe(998 * DAY)
  expect(clock.now()).toBe(999 * DAY)
  clock.believe(start - MINUTE)
  pass(0)
  expect([clock.now(), clock.held()]).toEqual([start, undefined])
})

test('a clock that jumps is held until it is acknowledged, and what ends with time follows it at once', () => {
  const { clock, pass, set, start } = bed()
  set(DAY)
  expect([clock.now(), clock.latest()]).toEqual([start, start + DAY])
  expect(clock.held()).toEqual({ since: 'jump', aheadMs: DAY })
  clock.believe(clock.latest())
  pass(MINUTE)
  expect([clock.now(), clock.latest(), clock.held()]).toEqual([start + DAY + MINUTE, start + DAY + MINUTE, undefined])
})

test('times are whole milliseconds, though the running time has fractions', () => {
  let at = 1_000 * DAY
  const clock = systemClock(0, { wall: () => at, running: () => (at % DAY) / 7, warn: () => undefined })
  at += DAY + MINUTE
  expect([clock.now(), clock.held()!.aheadMs].filter((ms) => !Number.isInteger(ms))).toEqual([])
})

test('a clock that is set back and right again was never ahead; what ends with time has not stood still', () => {
  const { clock, pass, set, start } = bed()
  expect(clock.now()).toBe(start)
  set(-DAY)
  pass(MINUTE)
  expect([clock.now(), clock.latest()]).toEqual([start, start + MINUTE])
  set(DAY)
  pass(MINUTE)
  expect([clock.now(), clock.latest(), clock.held()]).toEqual([start + 2 * MINUTE, start + 2 * MINUTE, undefined])
})

test('whatever happens to the clock, time gains no more than five minutes a step on the running machine', () => {
  const step = fc.record({
    ran: fc.integer({ min: 0, max: 3 * DAY }),
    set: fc.integer({ min: -3 * DAY, max: 3 * DAY }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { clock, pass, set, start } = bed()
      let most = start
      for (const { ran, set: by } of steps) {
        const before = clock.now()
        pass(ran)
        set(by)
        most += ran + 5 * MINUTE
        const now = clock.now()
        expect(now).toBeGreaterThanOrEqual(before)
        expect(now).toBeLessThanOrEqual(most)
        expect(clock.latest()).toBeGreaterThanOrEqual(now)
      }
    }),
  )
})

test('without anybody who believes it, a clock that is only ever set ahead gains nothing', () => {
  const ahead = fc.record({ ran: fc.integer({ min: 0, max: DAY }), set: fc.integer({ min: 6 * MINUTE, max: 3 * DAY }) })
  fc.assert(
    fc.property(fc.array(ahead, { maxLength: 30 }), (steps) => {
      const { clock, pass, set, start } = bed()
      for (const { ran, set: by } of steps) {
        pass(ran)
        set(by)
        clock.now()
      }
      expect(clock.now()).toBe(start + steps.reduce((sum, { ran }) => sum + ran, 0))
    }),
  )
})
