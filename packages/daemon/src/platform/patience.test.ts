import { expect, test } from 'vitest'
import { within } from './patience.ts'

const late = (ms: number) => new Error(`${ms} ms were too short`)
const never = new Promise<never>(() => undefined)

test('who says nothing is waited for no longer than for a first word, and who says something until all is said', async () => {
  const patience = { firstMs: 20, allMs: 60 }
  await expect(within(patience, () => never, late)).rejects.toThrow('20 ms')
  const talks = (heard: () => void) => {
    heard()
    return never
  }
  await expect(within(patience, talks, late)).rejects.toThrow('60 ms')
})

test('what comes in time is the answer, a failure too', async () => {
  const patience = { firstMs: 60_000, allMs: 60_000 }
  expect(await within(patience, async () => 7, late)).toBe(7)
  await expect(within(patience, () => Promise.reject(new Error('no')), late)).rejects.toThrow('no')
})
