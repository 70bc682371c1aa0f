import { LOCAL_NETWORKS, type Network, tokenAsset } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { readMint } from '../../chains/solana/mint.ts'
import { tokenProgram } from '../../chains/solana/programs.ts'
import type { Parsing } from './kind.ts'
import { tokenOf } from './token-transfer.ts'

const network: Network = LOCAL_NETWORKS.find(({ id }) => id === 'local-solana')!
const address = newSolanaAddress()
const data = Buffer.alloc(82)
data[44] = 6
data[45] = 1
const nameless = readMint(network, address, { owner: tokenProgram, data, executable: false })
const on = (token: typeof nameless) =>
  ({ chain: { network, address: (text: string) => text }, findToken: async () => token }) as unknown as Parsing

test('a token without a name of its own may be called anything, and one with a name only by that', async () => {
  expect(await tokenOf({ address, decimals: 6, symbol: 'USDC' }, on(nameless))).toBe(nameless)
  const named = { ...nameless, symbol: 'BONK' }
  expect(await tokenOf({ address, decimals: 6, symbol: 'bonk' }, on(named))).toBe(named)
  await expect(tokenOf({ address, symbol: 'USDC' }, on(named))).rejects.toThrow('expected the symbol BONK, got USDC')
  await expect(tokenOf({ address, decimals: 9 }, on(nameless))).rejects.toThrow('expected decimals 6')
})

test('an asset of another network, or of another token than the address, is refused', async () => {
  const other = tokenAsset(network, newSolanaAddress())
  const own = tokenAsset(network, address)
  expect(await tokenOf({ address, assetId: own }, on(nameless))).toBe(nameless)
  await expect(tokenOf({ address, assetId: other }, on(nameless))).rejects.toThrow('expected one token in address')
  await expect(tokenOf({ assetId: 'eip155:1/erc20:0x0' }, on(nameless))).rejects.toThrow('expected an asset of')
})
