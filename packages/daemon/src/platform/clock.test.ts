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
  expect(bed(later).clock.now()).toBe(later)
})
