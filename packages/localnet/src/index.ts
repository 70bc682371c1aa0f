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
