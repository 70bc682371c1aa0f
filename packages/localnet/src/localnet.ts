import { type EvmNode, type EvmOptions, startEvm } from './evm/anvil.ts'
import { deployEvmFixtures, type EvmFixtures } from './evm/fixtures.ts'
import { createSolanaFixtures, type SolanaFixtures } from './solana/fixtures.ts'
import { type SolanaNode, type SolanaOptions, startSolana } from './solana/node.ts'

export type LocalnetOptions = { evm?: EvmOptions; solana?: SolanaOptions }

/** Both chains with their test tokens. */
export type Localnet = {
  readonly evm: EvmNode
  readonly solana: SolanaNode
  readonly evmFixtures: EvmFixtures
  readonly solanaFixtures: SolanaFixtures
  stop(): Promise<void>
}

/** Starts both chains on loopback and creates the fixtures. When one fails to start, neither is left running. */
export async function startLocalnet(options: LocalnetOptions = {}): Promise<Localnet> {
  const evm = await startEvm(options.evm)
  try {
    const solana = await startSolana(options.solana)
    try {
      return await withFixtures(evm, solana)
    } catch (error) {
      await solana.stop()
      throw error
    }
  } catch (error) {
    await evm.stop()
    throw error
  }
}

async function withFixtures(evm: EvmNode, solana: SolanaNode): Promise<Localnet> {
  const [evmFixtures, solanaFixtures] = await Promise.all([deployEvmFixtures(evm), createSolanaFixtures(solana)])
  const stop = async () => {
    await Promise.all([evm.stop(), solana.stop()])
  }
  return { evm, solana, evmFixtures, solanaFixtures, stop }
}
