import { expect, test } from 'vitest'
import { guesses } from './guesses.ts'

/** Five wrong ones of one address; nobody's turn comes. */
function guessed() {
  const all = guesses({ monotonic: () => 0, pause: () => new Promise(() => {}) })
  for (let index = 0; index < 5; index++) all.failed('here')
  return all
}
const other = (guess: string) => ({ guess, isStop: false })

test('the same text waits once, however often it comes', async () => {
  const all = guessed()
  const first = all.turn('here', other('a'))
  expect(first).toBeInstanceOf(Promise)
  for (let index = 0; index < 20; index++) expect(all.turn('here', other('a'))).toBe(first)
})

test('an address that guessed nothing never waits, and guesses once where many addresses guess', () => {
  const all = guessed()
  for (let index = 0; index < 100; index++) all.failed(`peer ${index}`)
  expect(all.turn('quiet', other('a'))).toBeUndefined()
  all.failed('quiet')
  expect(all.turn('quiet', other('b'))).toBeInstanceOf(Promise)
})

test('one that was counted while it was being checked, and was right, is counted no more', () => {
  const all = guesses({ monotonic: () => 0 })
  for (let index = 0; index < 20; index++) {
    expect(all.turn('here', other(`${index}`))).toBeUndefined()
    all.failed('here')
    all.wasRight('here')
  }
})
