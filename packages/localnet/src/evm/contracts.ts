import type { Abi, Hex } from 'viem'
import generated from './contracts.gen.json' with { type: 'json' }

export type ContractName = keyof typeof generated.contracts
export type Contract = { readonly abi: Abi; readonly bytecode: Hex; readonly deployedBytecode: Hex }

/** The compiled test contracts of the folder contracts/, by name. */
// The compiler wrote it: TypeScript widens the literals of a JSON file, so that it cannot see an Abi in it.
export const evmContracts = generated.contracts as unknown as Readonly<Record<ContractName, Contract>>

/** Where Multicall3 stands on almost every EVM chain. */
export const multicall3Address = '0xcA11bde05977b3631167028862bE2a173976CA11'
