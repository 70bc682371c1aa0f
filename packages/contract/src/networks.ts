import { BUILTIN_ENDPOINTS } from './endpoints.ts'
import { assetKey, type ChainName } from './families.ts'
import { didYouMean } from './similar-names.ts'

export const ENVIRONMENTS = ['mainnet', 'testnet'] as const
export type Environment = (typeof ENVIRONMENTS)[number]

/** One network, described once. Durations are milliseconds. */
export type Network = {
  readonly id: string
  readonly chain: ChainName
  readonly environment: Environment
  /** CAIP-2. */
  readonly caip2: string
  readonly native: {
    readonly symbol: string
    readonly decimals: number
    readonly slip44: number
    readonly name: string
  }
  /** Endpoints in order of preference. */
  readonly rpc: readonly string[]
  /** `{hash}` is replaced by the transaction's hash or signature. */
  readonly explorer: string | null
  /** The hash of block 0 (EVM: for the identity check; Solana: the CAIP-2 reference is its beginning). */
  readonly genesis?: string
  /** The setting that overrides the endpoints. */
  readonly setting: string
  readonly blockMs: number
  /** Attempts of one address that may wait for a block at once. */
  readonly window: number
  /** EIP-1559 fees, or the older single gas price. */
  readonly fees?: 'eip1559' | 'legacy'
  /** A rollup that charges beside the gas: for posting data to its parent chain, and for its operator. */
  readonly l1Fee?: 'op-stack'
  /** Counts gas in a way of its own: Ethereum's constants, and its most for one transaction, do not hold. */
  readonly ownGas?: boolean
  /** The main network whose prices value this network's assets. */
  readonly pricedAs?: string
  /** Chainlink feed of the native asset in USD; on the network itself unless `nativeFeedOn` names another one. */
  readonly nativeFeed?: string
  readonly nativeFeedOn?: string
  /** Only present when configured (local development). */
  readonly local?: boolean
}

const ETH = { symbol: 'ETH', decimals: 18, slip44: 60, name: 'Ether' } as const
const POL = { symbol: 'POL', decimals: 18, slip44: 966, name: 'POL' } as const
const HYPE = { symbol: 'HYPE', decimals: 18, slip44: 999, name: 'HYPE' } as const
const SOL = { symbol: 'SOL', decimals: 9, slip44: 501, name: 'SOL' } as const

const ETHEREUM_GENESIS = '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3'

const endpointsOf = (id: string): string[] => (BUILTIN_ENDPOINTS[id] ?? []).map(({ url }) => url)

type EvmEntry = {
  id: string
  chainId: number
  native?: Network['native']
  explorer: string | null
} & Partial<Network>

function evm({ id, chainId, native = ETH, explorer, ...rest }: EvmEntry): Network {
  return {
    id,
    chain: 'ethereum',
    environment: id.endsWith('-mainnet') ? 'mainnet' : 'testnet',
    caip2: `eip155:${chainId}`,
    native,
    rpc: endpointsOf(id),
    explorer: explorer && `https://${explorer}/tx/{hash}`,
    setting: `evm_${id.replaceAll('-', '_')}`,
    blockMs: 2_000,
    window: 16,
    ...rest,
  }
}

type SolanaEntry = { id: string; genesis: string; cluster: string } & Partial<Network>

function solana({ id, genesis, cluster, ...rest }: SolanaEntry): Network {
  return {
    id,
    chain: 'solana',
    environment: id.endsWith('-mainnet') ? 'mainnet' : 'testnet',
    caip2: `solana:${genesis.slice(0, 32)}`,
    native: SOL,
    rpc: endpointsOf(id),
    explorer: `https://solscan.io/tx/{hash}${cluster}`,
    genesis,
    setting: id.replaceAll('-', '_'),
    blockMs: 400,
    window: 64,
    ...rest,
  }
}

/** The networks every daemon knows, mainnet first. */
export const NETWORKS: readonly Network[] = [
  solana({
    id: 'solana-mainnet',
    genesis: '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d',
    cluster: '',
    nativeFeed: '0x4ffC43a60e009B551865A93d232E33Fce9f01507',
    nativeFeedOn: 'ethereum-mainnet',
  }),
  solana({
    id: 'solana-devnet',
    genesis: 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG',
    cluster: '?cluster=devnet',
    pricedAs: 'solana-mainnet',
  }),
  solana({
    id: 'solana-testnet',
    genesis: '4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY',
    cluster: '?cluster=testnet',
    pricedAs: 'solana-mainnet',
  }),
  evm({
    id: 'ethereum-mainnet',
    chainId: 1,
    explorer: 'etherscan.io',
    blockMs: 12_000,
    genesis: ETHEREUM_GENESIS,
    nativeFeed: '0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419',
  }),
  evm({
    id: 'ethereum-sepolia',
    chainId: 11155111,
    explorer: 'sepolia.etherscan.io',
    genesis: '0x25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9',
    blockMs: 12_000,
    pricedAs: 'ethereum-mainnet',
    nativeFeed: '0x694AA1769357215DE4FAC081bf1f309aDC325306',
  }),
  evm({
    id: 'polygon-mainnet',
    chainId: 137,
    native: POL,
    explorer: 'polygonscan.com',
    genesis: '0xa9c28ce2141b56c474f1dc504bee9b01eb1bd7d1a507580d5519d4437a97de1b',
    nativeFeed: '0xAB594600376Ec9fD91F8e885dADF0CE036862dE0',
  }),
  evm({
    id: 'polygon-amoy',
    chainId: 80002,
    native: POL,
    explorer: 'amoy.polygonscan.com',
    genesis: '0x7202b2b53c5a0836e773e319d18922cc756dd67432f9a1f65352b61f4406c697',
    pricedAs: 'polygon-mainnet',
  }),
  evm({
    id: 'arbitrum-mainnet',
    chainId: 42161,
    explorer: 'arbiscan.io',
    genesis: '0x7ee576b35482195fc49205cec9af72ce14f003b9ae69f6ba0faef4514be8b442',
    blockMs: 250,
    ownGas: true,
    pricedAs: 'ethereum-mainnet',
    nativeFeed: '0x639Fe6ab55C921f74e7fac1ee960C0B6293ba612',
  }),
  evm({
    id: 'arbitrum-sepolia',
    chainId: 421614,
    explorer: 'sepolia.arbiscan.io',
    genesis: '0x77194da4010e549a7028a9c3c51c3e277823be6ac7d138d0bb8a70197b5c004c',
    blockMs: 250,
    ownGas: true,
    pricedAs: 'ethereum-mainnet',
  }),
  evm({
    id: 'optimism-mainnet',
    chainId: 10,
    explorer: 'optimistic.etherscan.io',
    genesis: '0x7ca38a1916c42007829c55e69d3e9a73265554b586a499015373241b8a3fa48b',
    l1Fee: 'op-stack',
    pricedAs: 'ethereum-mainnet',
    nativeFeed: '0x13e3Ee699D1909E989722E753853AE30b17e08c5',
  }),
  evm({
    id: 'optimism-sepolia',
    chainId: 11155420,
    explorer: 'sepolia-optimism.etherscan.io',
    genesis: '0x102de6ffb001480cc9b8b548fd05c34cd4f46ae4aa91759393db90ea0409887d',
    l1Fee: 'op-stack',
    pricedAs: 'ethereum-mainnet',
  }),
  evm({
    id: 'base-mainnet',
    chainId: 8453,
    explorer: 'basescan.org',
    genesis: '0xf712aa9241cc24369b143cf6dce85f0902a9731e70d66818a3a5845b296c73dd',
    l1Fee: 'op-stack',
    pricedAs: 'ethereum-mainnet',
    nativeFeed: '0x71041dddad3595F9CEd3DcCFBe3D1F4b0a16Bb70',
  }),
  evm({
    id: 'base-sepolia',
    chainId: 84532,
    explorer: 'sepolia.basescan.org',
    genesis: '0x0dcc9e089e30b90ddfc55be9a37dd15bc551aeee999d2e2b51414c54eaf934e4',
    l1Fee: 'op-stack',
    pricedAs: 'ethereum-mainnet',
  }),
  evm({ id: 'hyperevm-mainnet', chainId: 999, native: HYPE, explorer: null }),
  evm({
    id: 'hyperevm-testnet',
    chainId: 998,
    native: { ...HYPE, slip44: 998 },
    explorer: null,
    pricedAs: 'hyperevm-mainnet',
  }),
]

/** Local development chains; present only when their endpoint is configured. */
export const LOCAL_NETWORKS: readonly Network[] = [
  evm({ id: 'local-evm', chainId: 31337, explorer: null, blockMs: 250, window: 4_096, local: true }),
  {
    ...solana({ id: 'local-solana', genesis: '', cluster: '', blockMs: 100 }),
    explorer: null,
    caip2: 'solana:localnet',
    local: true,
    setting: 'local_solana',
  },
]

/** An EVM network that the operator adds: the setting `networks.evm`. Endpoints are whole URLs. */
export type AddedEvmNetwork = {
  readonly id: string
  readonly chainId: number
  readonly environment: Environment
  readonly rpc: readonly string[]
  readonly symbol: string
  readonly decimals: number
  readonly name?: string | undefined
  /** A URL with `{hash}`. */
  readonly explorer?: string | undefined
  readonly genesis?: string | undefined
  readonly fees?: 'eip1559' | 'legacy' | undefined
  readonly blockMs?: number | undefined
  readonly l1Fee?: 'op-stack' | undefined
}

/** The network that a setting of the operator describes. */
export function addedEvmNetwork(added: AddedEvmNetwork): Network {
  const {
    id,
    chainId,
    environment,
    symbol,
    decimals,
    name = symbol,
    explorer = null,
    genesis,
    fees,
    blockMs,
    l1Fee,
  } = added
  const native = { symbol, decimals, slip44: 60, name }
  return {
    ...evm({ id, chainId, native, explorer: null, environment, ownGas: true }),
    rpc: added.rpc,
    explorer,
    ...(genesis && { genesis }),
    ...(fees && { fees }),
    ...(blockMs && { blockMs }),
    ...(l1Fee && { l1Fee }),
  }
}

const SOLANA_ALIASES: Record<string, string> = {
  mainnet: 'solana-mainnet',
  devnet: 'solana-devnet',
  testnet: 'solana-testnet',
}

/** Finds a network by its id, CAIP-2 name or older alias. */
export function findNetwork(networks: readonly Network[], name: string): Network | undefined {
  const id = SOLANA_ALIASES[name] ?? name
  return networks.find((network) => network.id === id || network.caip2 === id)
}

/** A name that no network has, as errors show it: with those that are most like it. */
export const unknownNetwork = (networks: readonly Network[], name: string): string =>
  `"${name.slice(0, 60)}"${didYouMean(
    name,
    networks.flatMap(({ id, caip2 }) => [id, caip2]),
  )}`

/** What the signer calls a network: bytes of Solana do not name their cluster. */
export const signedChain = ({ caip2 }: Pick<Network, 'caip2'>): string =>
  caip2.startsWith('eip155:') ? caip2 : caip2.split(':')[0]!

/** A CAIP-19 asset in the form that compares. Its chain may be named like a network anywhere else. */
export function canonicalAsset(networks: readonly Network[], asset: string): string {
  const chain = asset.slice(0, Math.max(0, asset.indexOf('/')))
  return assetKey(`${findNetwork(networks, chain)?.caip2 ?? chain}${asset.slice(chain.length)}`)
}

/** CAIP-19 of the native asset. */
export const nativeAsset = (network: Network): string => `${network.caip2}/slip44:${network.native.slip44}`

/** The page of a transaction in the network's explorer; null where there is no hash, or no explorer. */
export const explorerUrl = (network: Pick<Network, 'explorer'> | undefined, hash: string | null): string | null =>
  hash !== null && network?.explorer ? network.explorer.replace('{hash}', () => hash) : null
