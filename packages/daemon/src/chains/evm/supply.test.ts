import { toBase } from '@waiaas/contract'
import { deployEvmFixtures, mintToken } from '@waiaas/localnet'
import { expect, test } from 'vitest'
import { changing, localEvm, startChain, startEndpoint, tokenAt } from '../../../test/evm-bed.ts'
import { evmChain } from './chain.ts'

const word = (number: bigint) => `0x${number.toString(16).padStart(64, '0')}`
const isAsked = (params: readonly unknown[]) => JSON.stringify(params[0]).includes('18160ddd')

test('of a token that others may take, the lower word of two endpoints says how much there is', async () => {
  const { node, key } = await startChain()
  const { plainToken, sink } = await deployEvmFixtures(node)
  await mintToken(node, plainToken, { to: key.address, amount: 500n })
  const saying = async (supply: bigint) =>
    (
      await startEndpoint(
        changing(node.url, ({ method, params }) =>
          method === 'eth_call' && isAsked(params) ? { result: word(supply) } : undefined,
        ),
      )
    ).url
  const suppliesOf = async (urls: readonly string[], token = plainToken) => {
    const chain = evmChain({ network: localEvm, urls, allowForeignGenesis: true, warn: () => undefined })
    const intent = { kind: 'approve' as const, spender: sink, amount: toBase(5n), token: tokenAt(token) }
    return Object.values((await chain.draft(key.address, intent)).supplies ?? {})
  }
  const [more, less] = [await saying(2n ** 255n), await saying(3n)]
  expect(await suppliesOf([node.url])).toEqual([500n])
  for (const urls of [
    [node.url, more],
    [more, node.url],
  ])
    expect(await suppliesOf(urls)).toEqual([500n])
  expect(await suppliesOf([node.url, less])).toEqual([3n])
  // One that has no such function has no amounts of which all could be meant.
  expect(await suppliesOf([node.url], sink)).toEqual([null])
})
