import { expect, test } from 'vitest'
import { operations } from './operations.ts'
import { tools } from './tools.ts'
import { isShown, readToolsets, toolsets } from './toolsets.ts'

test('each tool of a set is one that there is, and is in that set alone', () => {
  const named = Object.values(toolsets).flat()
  expect(new Set(named).size).toBe(named.length)
  const names = tools(operations).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(named))
  expect(names.filter((name) => !isShown(name, readToolsets('all')))).toEqual([])
  expect(names.filter((name) => isShown(name, []))).toEqual(names.filter((name) => !named.some((one) => one === name)))
})

test('sets are named in one text, in any case, and a name of none is refused', () => {
  expect(readToolsets(' Trading,,nft ,core')).toEqual(['trading', 'nft'])
  expect(readToolsets('')).toEqual([])
  for (const text of ['everything', 'constructor', '__proto__', 'trading nft'])
    expect(() => readToolsets(text)).toThrow(`got "${text}"`)
})
