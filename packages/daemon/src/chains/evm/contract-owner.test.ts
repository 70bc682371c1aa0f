import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mindfulContract } from '../../../../../test/support/owners.ts'
import { changing, localEvm, startEndpoint } from '../../../test/evm-bed.ts'
import { evmChain } from './chain.ts'

let node: EvmNode

beforeAll(async () => {
  node = await startEvm()
})
afterAll(() => node.stop())

const SIGNATURE = Buffer.from('00ff', 'hex')
/** What the endpoints at these addresses say of it together. */
async function accepts(account: string, ...urls: string[]): Promise<boolean | undefined> {
  const chain = evmChain({ network: localEvm, urls, allowForeignGenesis: false })
  try {
    return await chain.acceptsSignature?.(account, 'a text', SIGNATURE)
  } finally {
    chain.close()
  }
}

test('a contract is asked each time, and may change its mind', async () => {
  const contract = await mindfulContract(node)
  expect(await accepts(contract.address, node.url)).toBe(false)
  await contract.becomes('willing')
  expect(await accepts(contract.address, node.url)).toBe(true)
  await contract.becomes('reverting')
  expect(await accepts(contract.address, node.url)).toBe(false)
  await contract.becomes('lavish')
  expect(await accepts(contract.address, node.url)).toBe(false)
})

test('where there is no contract, nobody has signed', async () => {
  expect(await accepts('0x00000000000000000000000000000000000000b7', node.url)).toBe(false)
})

test('one endpoint that lies, or nobody to bear it out, is no signature', async () => {
  const contract = await mindfulContract(node)
  const yes = { result: `0x1626ba7e${'0'.repeat(56)}` }
  const lie = changing(node.url, ({ method }) => (method === 'eth_call' ? yes : undefined))
  const { url: liar } = await startEndpoint(lie)
  expect(await accepts(contract.address, liar)).toBe(true)
  expect(await accepts(contract.address, liar, node.url)).toBe(false)
  expect(await accepts(contract.address, node.url, liar)).toBe(false)
  await expect(accepts(contract.address, liar, 'http://127.0.0.1:9')).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})
