import { expect, test } from 'vitest'
import { jsonLog } from '../platform/log.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import { guesses } from './guesses.ts'
import { inTurn } from './in-turn.ts'
import { passwordCheck } from './password-check.ts'

type Row = { right: string }

/** A keystore that is unlocked and answers when it is told to; `asked` are the questions in order. */
function slowKeys() {
  const asked: { password: string; row: Row; answer(): void }[] = []
  const keys = {
    isUnlocked: () => true,
    unlock: async () => Promise.reject(new Error('expected no unlocking')),
    verify: (password: string, row: Row) =>
      new Promise<boolean>((resolve) => asked.push({ password, row, answer: () => resolve(password === row.right) })),
  }
  return { keys, asked }
}

test('a password that is changed while it is being checked opens nothing under the new keyring', async () => {
  const { keys, asked } = slowKeys()
  let stored = '{"right":"old"}'
  const guessing = guesses({ monotonic: () => 0 })
  const check = passwordCheck<Row>({
    keys,
    log: jsonLog('silent'),
    guesses: guessing,
    limited: concurrencyLimit(),
    inTurn: inTurn(guessing, async () => stored),
    onUnlocked: undefined,
  })
  const before = check.isRight('old', { group: 'one address', isStop: false })
  await expect.poll(() => asked.length).toBe(1)
  stored = '{"right":"new"}'
  check.forget()
  const after = check.isRight('old', { group: 'one address', isStop: false })
  await expect.poll(() => asked.length).toBe(2)
  for (const { answer } of asked) answer()
  expect([await before, await after]).toEqual([true, false])

  const next = check.isRight('new', { group: 'one address', isStop: false })
  await expect.poll(() => asked.length).toBe(3)
  asked[2]!.answer()
  expect(await next).toBe(true)
  // From here on it is known.
  expect([
    await check.isRight('new', { group: 'another', isStop: false }),
    await check.isRight('old', { group: 'another', isStop: false }),
  ]).toEqual([true, false])
  expect(asked.map(({ password, row }) => `${password} for ${row.right}`)).toEqual([
    'old for old',
    'old for new',
    'new for new',
  ])
})
