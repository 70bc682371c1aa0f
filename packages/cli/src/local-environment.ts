import type { Localnet } from '@waiaas/localnet'

/** The variables that make a daemon use a localnet. */
export const localEnvironment = ({ evm, solana }: Localnet): Record<string, string> => ({
  WAIAAS_RPC_EVM_LOCAL_EVM: evm.url,
  WAIAAS_RPC_LOCAL_SOLANA: solana.url,
  WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ 'native:local-evm': '2000', 'native:local-solana': '150' }),
})
