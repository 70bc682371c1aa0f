import { expect, test } from 'vitest'
import { turns } from './turns.ts'

/** Starts so many calls; how many of them run by now, and what ends them. */
function calls(of: ReturnType<typeof turns>, name: string, count: number) {
  const running: (() => void)[] = []
  const all = Array.from({ length: count }, () => of.take(name).then((leave) => void running.push(leave)))
  return { running, all }
}
const soon = () => new Promise((resolve) => setImmediate(resolve))

test('who calls alone runs as many as they like', async () => {
  const { running } = calls(
    turns(() => 0),
    'one',
    200,
  )
  await soon()
  expect(running).toHaveLength(200)
})

test('beside another a caller runs a few at once, and the next when one is over', async () => {
  let now = 0
  const line = turns(() => now)
  const quiet = await line.take('quiet')
  quiet()
  const noisy = calls(line, 'noisy', 20)
  await soon()
  expect(noisy.running).toHaveLength(2)
  noisy.running[0]!()
  noisy.running[0]!()
  await soon()
  expect(noisy.running).toHaveLength(3)
  // The other does not wait for them.
  ;(await line.take('quiet'))()
  for (let at = 1; at < 20; at++) {
    noisy.running[at]!()
    await soon()
  }
  await Promise.all(noisy.all)
  // Alone again, after the other has been silent for long.
  now = 10_001
  const later = calls(line, 'noisy', 20)
  await soon()
  expect(later.running).toHaveLength(20)
})

test('a call that waits for something else keeps the next one for a moment only', async () => {
  const line = turns(() => 0)
  ;(await line.take('quiet'))()
  const { all, running } = calls(line, 'noisy', 3)
  await Promise.all(all)
  expect(running).toHaveLength(3)
})
