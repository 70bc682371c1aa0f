import { startEvm } from '@waiaas/localnet'
import { expect, onTestFinished, test } from 'vitest'
import { each, localEvm, startEndpoint } from '../../../test/evm-bed.ts'
import { evmChain } from './chain.ts'

const over = (...urls: string[]) => evmChain({ network: localEvm, urls, allowForeignGenesis: true })

/** A node whose time is `seconds` and stands still until it is set. */
async function nodeAt(seconds: number) {
  const node = await startEvm({ extraArgs: ['--timestamp', `${seconds}`] })
  onTestFinished(() => node.stop())
  return node
}

test('the time of the newest block is read from the node', async () => {
  const node = await nodeAt(1_700_000_000)
  expect(await over(node.url).blockTime()).toBe(1_700_000_000_000)
  await node.rpc('evm_setNextBlockTimestamp', [1_700_172_800])
  await node.mine()
  expect(await over(node.url).blockTime()).toBe(1_700_172_800_000)
})

test('of two endpoints the one with the older block counts, and one alone is not enough', async () => {
  const [older, newer] = [await nodeAt(1_700_000_000), await nodeAt(1_800_000_000)]
  expect(await over(newer.url, older.url).blockTime()).toBe(1_700_000_000_000)
  await older.stop()
  await expect(over(newer.url, older.url).blockTime()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

test.each([
  ['no block', null],
  ['no time', { number: '0x1' }],
  ['a time that is none', { timestamp: 'soon' }],
])('a node that answers %s proves nothing', async (_what, block) => {
  const answer = ({ method }: { method: string }) => ({ result: method === 'eth_chainId' ? '0x7a69' : block })
  const { url } = await startEndpoint(each(answer))
  await expect(over(url).blockTime()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})
