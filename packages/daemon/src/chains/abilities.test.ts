import fc from 'fast-check'
import { expect, test } from 'vitest'
import { abilities } from './abilities.ts'

function make() {
  const time = { now: 0 }
  return { time, able: abilities(() => time.now) }
}

test('a batch that is lost now and then makes none smaller, where as large ones were answered', () => {
  const { able, time } = make()
  const faults = fc.array(fc.boolean(), { minLength: 1, maxLength: 200 })
  able.batchServed(64)
  fc.assert(
    fc.property(faults, (lost) => {
      for (const isLost of lost) {
        time.now += 20
        if (isLost) able.batchLost(64)
        able.batchServed(64)
        expect(able.batchMost()).toBe(500)
      }
    }),
  )
})

test('batches that are lost one after the other get smaller, and are soon tried again as large as before', () => {
  const { able, time } = make()
  able.batchServed(64)
  able.batchLost(64)
  able.batchLost(64)
  expect([able.batchMost(), able.learnt().batchMost]).toEqual([32, 32])
  time.now += 500
  expect([able.batchMost(), able.learnt().batchMost]).toEqual([500, null])
  able.batchServed(64)
  able.batchLost(64)
  expect(able.batchMost()).toBe(500)
})

test('an endpoint that never answers batches is asked for one less and less often', () => {
  const { able, time } = make()
  for (const count of [8, 4, 2]) able.batchLost(count)
  const pauses: number[] = []
  for (let times = 0; times < 7; times++) {
    const from = time.now
    while (able.batchMost() === 1) time.now += 500
    pauses.push(time.now - from)
    able.batchLost(8)
    expect(able.batchMost()).toBe(1)
  }
  expect(pauses).toEqual([500, 2_000, 8_000, 32_000, 128_000, 512_000, 600_000])
})

test('batches that were on their way together are one loss', () => {
  const { able, time } = make()
  for (let together = 0; together < 300; together++) able.batchLost(2)
  expect(able.batchMost()).toBe(1)
  time.now += 500
  expect(able.batchMost()).toBe(500)
})
