import { expect, test } from 'vitest'
import { seldom } from './log.ts'

test('what stays so is said again after an hour, and other things at once', () => {
  const said: string[] = []
  let now = 0
  const say = seldom(
    (message) => said.push(message),
    () => now,
  )
  for (now = 0; now <= 3_600_000; now += 1_000) say('a')
  say('b')
  say('b')
  expect(said).toEqual(['a', 'a', 'b'])
})
