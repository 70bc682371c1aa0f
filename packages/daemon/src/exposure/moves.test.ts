import { expect, test } from 'vitest'
import { moves } from './moves.ts'

/** Looks that end when they are told to, and how many were begun. */
function looks() {
  const ends: ((text: string | undefined) => void)[] = []
  const look = () => new Promise<string | undefined>((resolve) => void ends.push(resolve))
  return { ends, look }
}
const NOON = 1_800_000_000_000
const LATER = { text: undefined, isLater: true }

test('a look that ends in time is told, and the next one looks anew', async () => {
  const approving = moves({ now: () => NOON }, async () => 'raises it')
  expect(await approving('a')).toEqual({ text: 'raises it', isLater: false })
  const nobody = moves({ now: () => NOON }, async () => undefined)
  expect(await nobody('a')).toEqual({ text: undefined, isLater: false })
})

test('a look that takes longer holds nobody up, and answers whoever asks again; then another one begins', async () => {
  const { ends, look } = looks()
  const approving = moves({ now: () => NOON }, look, 20)
  expect(await approving('a')).toEqual(LATER)
  expect(await Promise.all([approving('a'), approving('a')])).toEqual([LATER, LATER])
  expect(ends).toHaveLength(1)
  ends[0]!('raises it')
  expect(await approving('a')).toEqual({ text: 'raises it', isLater: false })
  const next = approving('a')
  ends[1]!('lowers it')
  expect(await next).toEqual({ text: 'lowers it', isLater: false })
})

test('what was found for one that nobody asked for again is too old after a while', async () => {
  const { ends, look } = looks()
  let now = NOON
  const approving = moves({ now: () => now }, look, 20)
  expect(await approving('a')).toEqual(LATER)
  ends[0]!('old')
  now += 15_001
  const next = approving('a')
  expect(ends).toHaveLength(2)
  ends[1]!('new')
  expect(await next).toEqual({ text: 'new', isLater: false })
})
