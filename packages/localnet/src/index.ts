export { type EvmNode, type EvmOptions, startEvm } from './evm/anvil.ts'
export { type Contract, type ContractName, evmContracts, multicall3Address } from './evm/contracts.ts'
export {
  callFixture,
  deployEvmFixtures,
  type EvmFixtures,
  evmFaucet,
  type FixtureCall,
  initialEthPrice,
  mintToken,
} from './evm/fixtures.ts'
export { evmFaucetAt, type Faucet, solanaFaucetAt } from './faucets.ts'
export { type Localnet, type LocalnetOptions, startLocalnet } from './localnet.ts'
export { evmPerson, type Person, solanaPerson } from './people.ts'
export { memoProgram } from './solana/faucet.ts'
export type { Faults } from './solana/faults.ts'
export { createSolanaFixtures, type SolanaFixtures } from './solana/fixtures.ts'
export { localGenesisHash, type SolanaNode, type SolanaOptions, startSolana } from './solana/node.ts'
