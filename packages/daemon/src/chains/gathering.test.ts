import { expect, test } from 'vitest'
import { gathering } from './gathering.ts'
import type { Rpc } from './rpc.ts'

type Under = { readonly names: readonly string[]; readonly end: (error?: Error) => void }

/** A node that answers when it is told to. */
function make() {
  const underWay: Under[] = []
  const batch: Rpc['batch'] = (calls) =>
    new Promise((resolve, reject) => {
      const names = calls.map(({ method }) => method)
      underWay.push({
        names,
        end: (error) => (error ? reject(error) : resolve(names.map((name) => ({ result: `${name}!` })))),
      })
    })
  const gathered = gathering({ batch })
  const ask = (...names: string[]) => gathered(names.map((method) => ({ method, params: [] })))
  return { ask, underWay, asked: () => underWay.map(({ names }) => names.join(' ')) }
}

test('what is asked for while a few requests are under way leaves with the next, and each gets its own answers', async () => {
  const { ask, underWay, asked } = make()
  const all = ['a', 'b', 'c', 'd'].map((name) => ask(name))
  const behind = [ask('e', 'f'), ask('g'), ask()]
  expect(asked()).toEqual(['a', 'b', 'c', 'd'])
  underWay[1]!.end()
  expect(await all[1]).toEqual([{ result: 'b!' }])
  await expect.poll(asked).toEqual(['a', 'b', 'c', 'd', 'e f g'])
  underWay[4]!.end()
  expect(await Promise.all(behind)).toEqual([[{ result: 'e!' }, { result: 'f!' }], [{ result: 'g!' }], []])
  // Nothing is under way twice, and there is room again.
  const next = ask('h')
  expect(asked().at(-1)).toBe('h')
  for (const { end } of underWay) end()
  expect(await Promise.all([...all, next])).toHaveLength(5)
})

test('what no node answers fails for all that left together, and for nobody else', async () => {
  const { ask, underWay, asked } = make()
  const first = ['a', 'b', 'c', 'd'].map((name) => ask(name))
  const together = [ask('e'), ask('f')]
  underWay[0]!.end()
  await expect.poll(asked).toContain('e f')
  const later = ask('g')
  underWay[4]!.end(new Error('no node answers'))
  for (const one of together) await expect(one).rejects.toThrow('no node answers')
  await expect.poll(() => asked().at(-1)).toBe('g')
  for (const { end } of underWay) end()
  expect(await later).toEqual([{ result: 'g!' }])
  expect(await Promise.all(first)).toHaveLength(4)
})
