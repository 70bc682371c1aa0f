import { type ChainName, LOCAL_NETWORKS, type Network, type Wallet } from '@waiaas/contract'
import type { Faucet } from '@waiaas/localnet'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'

// Loaded when asked for: a build for elsewhere has no local chains.
const faucets: { readonly [Chain in ChainName]?: (url: string) => Promise<Faucet> } = {
  ethereum: async (url) => (await import('@waiaas/localnet')).evmFaucetAt(url),
  solana: async (url) => (await import('@waiaas/localnet')).solanaFaucetAt(url),
}

/** The token that local chains have for tests, as it is listed. */
export const TEST_USDC = { symbol: 'USDC', name: 'Test USDC', decimals: 6 } as const

/** A local chain with what gives money on it. */
export type LocalChain = { readonly network: Network; readonly faucet: Faucet }

/** The local chain of a wallet. CommandError where its daemon has none. */
export async function localChainOf(api: WAIaaSClient, { name, chain, environment }: Wallet): Promise<LocalChain> {
  const network = LOCAL_NETWORKS.find((one) => one.chain === chain && one.environment === environment)
  const faucet = faucets[chain]
  const { networks } = await api.getRpcStatus()
  const url = network && networks[network.id]?.[0]?.url
  if (!network || !faucet || url === undefined)
    throw new CommandError(
      `wallet "${name}" (${chain} ${environment}) is on no local chain`,
      'test money is on local chains alone; "waiaas up --network local" starts them',
    )
  return { network, faucet: await faucet(url) }
}

/** Lists the test token and gives it its price, where that has not been done. */
export async function ensureTestUsdc(api: WAIaaSClient, { network, faucet }: LocalChain): Promise<void> {
  const { tokens } = await api.listTokens({ network: network.id })
  const isSame = (one: string) => one.toLowerCase() === faucet.usdc.toLowerCase()
  if (!tokens.some(({ address }) => isSame(address)))
    await api.addToken({ network: network.id, address: faucet.usdc, ...TEST_USDC })
  const asset = `${TEST_USDC.symbol}@${network.id}`
  const { prices } = await api.listPrices({ network: network.id })
  if (!prices.some(({ name, usd }) => name === asset && usd !== null)) await api.setPrice({ asset, usd: 1 })
}
