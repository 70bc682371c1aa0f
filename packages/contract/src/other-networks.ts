import { type AddedEvmNetwork, addedEvmNetwork, type Network } from './networks.ts'

/** A known network on which no wallet pays until the operator adds it, and well-known tokens of it, by address. */
export type OtherNetwork = { readonly network: Network; readonly tokens: readonly string[] }

type Entry = Omit<AddedEvmNetwork, 'environment' | 'rpc' | 'decimals'> & {
  readonly hosts: readonly string[]
  readonly tokens?: readonly string[]
}

const other = ({ hosts, tokens = [], ...entry }: Entry): OtherNetwork => ({
  network: addedEvmNetwork({
    ...entry,
    environment: 'mainnet',
    decimals: 18,
    rpc: hosts.map((host) => `https://${host}`),
  }),
  tokens,
})

/**
 * Where money of an EVM address may have come by mistake. Their endpoints are public and asked for balances alone, when the
 * operator looks for what an address holds; which chain they serve is checked before. Chain ids: https://chainid.network.
 */
export const OTHER_NETWORKS: readonly OtherNetwork[] = [
  other({
    ...{ id: 'bnb-mainnet', chainId: 56, symbol: 'BNB' },
    hosts: ['bsc-rpc.publicnode.com', 'bsc.drpc.org'],
    tokens: ['0x55d398326f99059fF775485246999027B3197955', '0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d'],
  }),
  other({
    ...{ id: 'avalanche-mainnet', chainId: 43114, symbol: 'AVAX' },
    hosts: ['avalanche-c-chain-rpc.publicnode.com', 'avalanche.drpc.org'],
    tokens: ['0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E', '0x9702230A8Ea53601f5cD2dc00fDBc13d4dF4A8c7'],
  }),
  other({
    ...{ id: 'gnosis-mainnet', chainId: 100, symbol: 'xDAI' },
    hosts: ['gnosis-rpc.publicnode.com', 'gnosis.drpc.org'],
    tokens: ['0xDDAfbb505ad8214D80b1B1f830fCcc89B60fb793'],
  }),
  other({
    ...{ id: 'linea-mainnet', chainId: 59144, symbol: 'ETH' },
    hosts: ['linea-rpc.publicnode.com', 'linea.drpc.org'],
    tokens: ['0x176211869cA2b568f2A7D4EE941E073a821EE1ff'],
  }),
  other({
    ...{ id: 'celo-mainnet', chainId: 42220, symbol: 'CELO' },
    hosts: ['celo-rpc.publicnode.com', 'celo.drpc.org'],
    tokens: ['0xcebA9300f2b948710d2653dD7B07f33A8B32118C'],
  }),
  other({
    ...{ id: 'scroll-mainnet', chainId: 534352, symbol: 'ETH' },
    hosts: ['scroll-rpc.publicnode.com', 'scroll.drpc.org'],
  }),
  other({
    ...{ id: 'mantle-mainnet', chainId: 5000, symbol: 'MNT' },
    hosts: ['mantle-rpc.publicnode.com', 'mantle.drpc.org'],
  }),
  other({
    ...{ id: 'unichain-mainnet', chainId: 130, symbol: 'ETH' },
    hosts: ['unichain-rpc.publicnode.com', 'unichain.drpc.org'],
  }),
  other({
    ...{ id: 'sonic-mainnet', chainId: 146, symbol: 'S' },
    hosts: ['sonic-rpc.publicnode.com', 'sonic.drpc.org'],
  }),
]
