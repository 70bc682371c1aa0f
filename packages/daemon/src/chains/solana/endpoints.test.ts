import { NETWORKS } from '@waiaas/contract'
import { type SolanaNode, startSolana } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localSolana, newWallet } from '../../../test/solana-bed.ts'
import { solanaChain } from './chain.ts'

const devnet = NETWORKS.find(({ id }) => id === 'solana-devnet')!
let right: SolanaNode
let wrong: SolanaNode
beforeAll(async () => {
  right = await startSolana({ slotMs: 0, genesisHash: devnet.genesis! })
  wrong = await startSolana({ slotMs: 0 })
})
afterAll(() => Promise.all([right.stop(), wrong.stop()]))

test('an endpoint with another genesis hash is named and refused', async () => {
  const chain = solanaChain({ network: devnet, urls: [wrong.url] })
  await expect(chain.connect()).rejects.toMatchObject({
    code: 'CHAIN_ERROR',
    message: expect.stringContaining(
      `expected genesis hash ${devnet.genesis} of solana-devnet, got ${wrong.genesisHash}`,
    ),
  })
  await expect(chain.balance(newWallet().address)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  chain.close()
})

test('a wrong endpoint first in the list is passed over for the right one', async () => {
  const { address } = newWallet()
  await right.airdrop(address, 7_000_000n)
  await wrong.airdrop(address, 9_000_000n)
  const chain = solanaChain({ network: devnet, urls: [wrong.url, right.url] })
  await chain.connect()
  expect(await chain.balance(address)).toBe(7_000_000n)
  chain.close()
})

test('the endpoints of a local network must agree on their genesis with the first that answers', async () => {
  const { address } = newWallet()
  await right.airdrop(address, 7_000_000n)
  let now = 1_000
  const chain = solanaChain({ network: localSolana, urls: [right.url, wrong.url], clock: () => now })
  await chain.connect()
  right.fault.httpStatus = 503
  await expect(chain.balance(address)).rejects.toThrow(`expected genesis hash ${right.genesisHash}`)
  right.clearFaults()
  now += 600_000
  expect(await chain.balance(address)).toBe(7_000_000n)
  chain.close()
})

test('every call moves on to an endpoint that answers', async () => {
  const { address } = newWallet()
  const second = await startSolana({ slotMs: 0, genesisHash: devnet.genesis! })
  await second.airdrop(address, 3_000_000n)
  let now = 1_000
  const chain = solanaChain({ network: devnet, urls: [right.url, second.url], clock: () => now })
  await chain.connect()
  right.fault.httpStatus = 502
  expect(await chain.balance(address)).toBe(3_000_000n)
  expect(chain.status().map(({ status }) => status)).toEqual(['cooldown', 'available'])
  second.fault.httpStatus = 503
  await expect(chain.expiry!.anchor()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  right.clearFaults()
  second.clearFaults()
  now += 600_000
  expect((await chain.expiry!.anchor()).lastValid).toBeGreaterThan(0)
  chain.close()
  await second.stop()
})
