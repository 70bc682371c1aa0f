import { startSolana } from '@waiaas/localnet'
import { expect, onTestFinished, test } from 'vitest'
import { each, startEndpoint } from '../../../test/evm-bed.ts'
import { localSolana } from '../../../test/solana-bed.ts'
import { solanaChain } from './chain.ts'

async function nodeThatStands() {
  const node = await startSolana({ slotMs: 0 })
  onTestFinished(() => node.stop())
  return node
}

function over(...urls: string[]) {
  const chain = solanaChain({ network: localSolana, urls })
  onTestFinished(() => chain.close())
  return chain
}

test('the time of the cluster is read from its clock, and goes on with its slots', async () => {
  const node = await nodeThatStands()
  const chain = over(node.url)
  const before = await chain.blockTime()
  expect(Math.abs(before - Date.now())).toBeLessThan(60_000)
  node.advance(1_000)
  expect(await chain.blockTime()).toBe(before + 400_000)
})

test('of two endpoints the one with the older block counts, and one alone is not enough', async () => {
  const [older, newer] = [await nodeThatStands(), await nodeThatStands()]
  newer.advance(1_000)
  const expected = await over(older.url).blockTime()
  const chain = over(newer.url, older.url)
  expect(await chain.blockTime()).toBe(expected)
  older.fault.httpStatus = 503
  await expect(chain.blockTime()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

test('a node that is behind proves nothing', async () => {
  const node = await nodeThatStands()
  node.fault.failMethods = { getAccountInfo: { code: -32016, message: 'Minimum context slot has not been reached' } }
  await expect(over(node.url).blockTime()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

test.each([
  ['no such account', { value: null }],
  ['an account of another size', { value: { data: ['AAAA', 'base64'] } }],
])('a node that answers %s proves nothing', async (_what, account) => {
  const answer = ({ method }: { method: string }) => ({
    result: method === 'getGenesisHash' ? '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY' : account,
  })
  const { url } = await startEndpoint(each(answer))
  await expect(over(url).blockTime()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})
