import { expect, test } from 'vitest'
import type { Effect } from './effects.ts'
import { beyond, isGrantOf, withSeen } from './seen-effects.ts'

const native = 'eip155:31337/slip44:60'
const asset = `eip155:31337/erc20:0x${'c'.repeat(40)}`
const outflow = (amount: string, to: string, of = asset): Effect => ({ kind: 'outflow', asset: of, amount, to })
const most = (amount: string): Effect => ({ kind: 'outflow', asset, amount, to: 'router', isMost: true })
const call = (value: string): Effect => ({ kind: 'call', contract: 'router', selector: '0xdb3e2198', value })
const unknown: Effect = { kind: 'unknown', description: 'a call' }
const outflows = (effects: readonly Effect[]) => effects.filter(({ kind }) => kind === 'outflow')

test('what leaves at most counts at that, and goes to whoever was seen to get some of it', () => {
  const found = withSeen([call('0'), unknown, most('900')], [outflow('60', 'pool')], native)
  expect(outflows(found)).toEqual([{ ...most('900'), to: 'pool' }])
  expect(beyond(found, [outflow('900', 'pool')], native)).toEqual([])
  expect(beyond(found, [outflow('901', 'pool')], native)).toEqual([outflow('1', 'pool')])
  expect(beyond(found, [outflow('5', 'thief')], native)).toEqual([outflow('0', 'thief')])
})

test('more than the most was seen to leave: the larger counts', () => {
  const found = withSeen([call('0'), unknown, most('900')], [outflow('1000', 'pool')], native)
  expect(outflows(found)).toEqual([{ ...most('900'), to: 'pool' }, outflow('100', 'pool')])
})

test('a router that is sent money may pay by that in place of a token; without money it may not', () => {
  const paid = outflow('7', 'router', native)
  expect(outflows(withSeen([call('7'), unknown, most('900')], [paid], native))).toEqual([])
  expect(outflows(withSeen([call('0'), unknown, most('900')], [], native))).toEqual([most('900')])
})

test('an NFT that may be taken is what the approval of its number gave, to the same spender at the same contract', () => {
  const [spender, other] = [`0x${'d'.repeat(40)}`, `0x${'e'.repeat(40)}`]
  const approval: Effect = { kind: 'approval', asset, amount: '7', spender, unlimited: false }
  const nft = { kind: 'nft', contract: `0x${'C'.repeat(40)}`, tokenId: '7', amount: '1', to: spender } as const
  expect(isGrantOf(approval, nft)).toBe(true)
  for (const more of [{ tokenId: '8' }, { to: other }, { contract: other }])
    expect(isGrantOf(approval, { ...nft, ...more })).toBe(false)
  expect(isGrantOf(outflow('7', spender), nft)).toBe(false)
})
