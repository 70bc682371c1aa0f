import { LOCAL_NETWORKS, tokenAsset } from '@waiaas/contract'
import type { Localnet } from '@waiaas/localnet'

/** The variables that make a daemon use a localnet. A local chain has no prices of its own. */
export function localEnvironment({ evm, solana, evmFixtures, solanaFixtures }: Localnet): Record<string, string> {
  const usdc = [evmFixtures.permitToken, solanaFixtures.splMint]
  const dollars = LOCAL_NETWORKS.map((network, at) => [tokenAsset(network, usdc[at]!), '1'])
  return {
    WAIAAS_RPC_EVM_LOCAL_EVM: evm.url,
    WAIAAS_RPC_LOCAL_SOLANA: solana.url,
    WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({
      'native:local-evm': '2000',
      'native:local-solana': '150',
      ...Object.fromEntries(dollars),
    }),
  }
}
