import { Failure } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { jsonLog } from './log.ts'
import { unwrittenStops } from './unwritten-stops.ts'

/** Stops whose writing ends as it is told, and what was written in order. */
function scene() {
  const stops = unwrittenStops(jsonLog('silent'))
  const failing = new Set<string>()
  const written: string[] = []
  const add = (name: string, wallet: string | null | undefined, since = 0) =>
    stops.add(name, {
      since,
      wallet,
      // Not async: what it throws comes at once.
      write() {
        if (failing.has(name)) throw new Error(`no room for ${name}`)
        written.push(name)
        return Promise.resolve()
      },
    })
  return { stops, failing, written, add }
}

test('a stop that fails at once is tried again, and once by however many ask', async () => {
  const { stops, failing, written, add } = scene()
  failing.add('a')
  add('a', 'one')
  for (let time = 0; time < 2; time++) await expect(stops.settle('a')).rejects.toThrow('no room for a')
  failing.clear()
  await Promise.all([stops.settle('a'), stops.settleOf('one'), stops.settleAll()])
  expect([written, stops.names()]).toEqual([['a'], []])
})

test('of one wallet nothing is written before what is older; of others it is', async () => {
  const { stops, failing, written, add } = scene()
  for (const [name, wallet] of [
    ['a', 'one'],
    ['b', 'two'],
    ['c', 'one'],
    ['d', undefined],
  ] as const)
    add(name, wallet)
  failing.add('a')
  await expect(stops.settleAll()).rejects.toThrow('no room for a')
  expect([written, stops.names()]).toEqual([
    ['b', 'd'],
    ['a', 'c'],
  ])
  // One that concerns every wallet comes after all of them.
  add('every', null)
  await expect(stops.settleOf(null)).rejects.toThrow('no room for a')
  failing.clear()
  await stops.settleAll()
  expect(written).toEqual(['b', 'd', 'a', 'c', 'every'])
})

test('a stop that is asked for again keeps its time, and one that is declined is over', async () => {
  const { stops, add } = scene()
  expect([add('a', 'one', 1), add('a', 'one', 2), stops.since('a')]).toEqual([1, 1, 1])
  stops.add('b', { since: 3, wallet: 'two', write: () => Promise.reject(new Failure('WALLET_TERMINATED', 'over')) })
  expect([stops.concerns('one'), stops.concerns('two'), stops.concerns('three')]).toEqual([true, true, false])
  await stops.settleAll()
  expect(stops.names()).toEqual([])
})
