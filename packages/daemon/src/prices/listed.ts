import { assetKey, findNetwork, NETWORKS, type Network } from '@waiaas/contract'
import { builtinTokens } from '../tokens/service.ts'
import { type WebIds, webIds } from './web/ids.ts'

/** A Chainlink aggregator of dollars for one whole unit. */
export type Feed = {
  /** What the daemon calls it: in evidence, and where it keeps what it believed. */
  readonly name: string
  /** The network whose endpoints are asked. */
  readonly on: string
  /** Of the aggregator; without one only other sources tell it. */
  readonly address?: string
  /** Where else it can be asked for. */
  readonly web?: WebIds
  /** Another feed is asked where this one is silent, so that nobody stands in for it. */
  readonly isBacked?: boolean
  /** It is told again after so many seconds when the price stands still; an hour where nothing is said. */
  readonly heartbeat?: number
  /** Of a stablecoin of its issuer: it counts as a dollar while the feed is near one, and has no price otherwise. */
  readonly isDollar?: boolean
  /** The feed by which a first price is measured. */
  readonly measuredBy?: string
}

/** Where the price of a listed token comes from. */
export type Listing =
  /** It is the network's native asset, wrapped. */
  | { readonly isWrapped: true }
  /** `like` is the asset of a main network whose fixed price counts too. */
  | { readonly isWrapped: false; readonly symbol: string; readonly feed: Feed; readonly like?: string }

type Aggregator = Pick<Feed, 'heartbeat' | 'isDollar'> & { readonly address: string }
type Entry = 'wrapped' | { readonly like: string } | Aggregator

const DAY = 86_400
const dollar = (address: string, heartbeat: number): Entry => ({ address, heartbeat, isDollar: true })
const feed = (address: string): Entry => ({ address })
const like = (network: string): Entry => ({ like: network })
const ETHEREUM = 'ethereum-mainnet'

/**
 * The tokens of the built-in list that have a price, by network and symbol. Stablecoins stand here where their issuer made
 * them, never as a bridge did. Feeds: https://docs.chain.link/data-feeds/price-feeds/addresses
 */
const ENTRIES: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  [ETHEREUM]: {
    USDC: dollar('0x8fFfFfd4AfB6115b954Bd326cbe7B4BA576818f6', DAY),
    USDT: dollar('0x3E7d1eAB13ad0104d2750B8863b489D65364e32D', DAY),
    DAI: dollar('0xAed0c38402a5d19df6E4c03F4E2DceD6e29c1ee9', 3_600),
    WETH: 'wrapped',
    LINK: feed('0x2c1d072e956AFFC0D435Cb7AC38EF18d24d9127c'),
    UNI: feed('0x553303d460EE0afB37EdFf9bE42922D8FF63220e'),
  },
  'solana-mainnet': { USDC: like(ETHEREUM), USDT: like(ETHEREUM), WSOL: 'wrapped' },
  'polygon-mainnet': { USDC: dollar('0xfE4A8cc5b5B2366C1B58Bea3858e81843581b2F7', DAY), WPOL: 'wrapped' },
  'arbitrum-mainnet': {
    USDC: dollar('0x50834F3163758fcC1Df9973b6e91f0F0F0434aD3', DAY),
    WETH: 'wrapped',
    ARB: feed('0xb2A824043730FE05F3DA2efaFa1CBbe83fa548D6'),
  },
  'optimism-mainnet': {
    USDC: dollar('0x16a9FA2FDa030272Ce99B29CF780dFA30361E0f3', DAY),
    WETH: 'wrapped',
    OP: feed('0x0D276FC14719f9292D5C1eA2198673d1f4269246'),
  },
  'base-mainnet': { USDC: dollar('0x7e860098F58bBFC8648a4311b374B1D669a2bc6B', DAY), WETH: 'wrapped' },
  'ethereum-sepolia': { USDC: like(ETHEREUM), WETH: 'wrapped', LINK: like(ETHEREUM) },
  'polygon-amoy': { USDC: like(ETHEREUM), LINK: like(ETHEREUM), WPOL: 'wrapped' },
  'arbitrum-sepolia': { USDC: like(ETHEREUM), WETH: 'wrapped', LINK: like(ETHEREUM) },
  'optimism-sepolia': { USDC: like(ETHEREUM), WETH: 'wrapped', LINK: like(ETHEREUM) },
  'base-sepolia': { USDC: like(ETHEREUM), WETH: 'wrapped', LINK: like(ETHEREUM) },
  'solana-devnet': { USDC: like(ETHEREUM), WSOL: 'wrapped' },
  'solana-testnet': { WSOL: 'wrapped' },
}

const byAsset = new Map(
  Object.entries(ENTRIES).flatMap(([id, entries]) =>
    Object.entries(entries).map(([symbol, entry]) => [keyOf(id, symbol), listingOf(id, symbol, entry)] as const),
  ),
)

/** What is listed of a token's price, by `assetKey`; undefined where only the operator can name one. */
export const listingOfAsset = (key: string): Listing | undefined => byAsset.get(key)

/** The network's own feed, then that of the main network it is priced as. */
export function nativeFeeds(network: Network, pricedAs: Network | undefined): Feed[] {
  const [own, main] = [nativeFeed(network), pricedAs && nativeFeed(pricedAs)]
  return [...(own ? [{ ...own, ...(main && { isBacked: true }) }] : []), ...(main ? [main] : [])]
}

function nativeFeed(network: Network): Feed | undefined {
  const { id, caip2, native, environment, nativeFeed: address, nativeFeedOn: on = id, pricedAs: measuredBy } = network
  // A network that somebody added may call anything ETH.
  const web =
    environment === 'mainnet' && findNetwork(NETWORKS, id)?.caip2 === caip2 ? webIds[native.symbol] : undefined
  if (!address && !web) return undefined
  return { name: id, on, ...(address && { address }), ...(web && { web }), ...(measuredBy && { measuredBy }) }
}

function listingOf(id: string, symbol: string, entry: Entry): Listing {
  if (entry === 'wrapped') return { isWrapped: true }
  if ('address' in entry) return { isWrapped: false, symbol, feed: feedOf(id, symbol, entry) }
  const model = ENTRIES[entry.like]?.[symbol]
  if (!model || model === 'wrapped' || 'like' in model) throw new Error(`${symbol} has no feed on ${entry.like}`)
  return { ...listingOf(entry.like, symbol, model), like: keyOf(entry.like, symbol) } as Listing
}

function feedOf(id: string, symbol: string, entry: Aggregator): Feed {
  const web = entry.isDollar ? undefined : webIds[symbol]
  return { name: `${symbol}@${id}`, on: id, ...entry, ...(web && { web }) }
}

function keyOf(id: string, symbol: string): string {
  const network = findNetwork(NETWORKS, id)
  const token = network && builtinTokens(network).find((one) => one.symbol === symbol)
  if (!token) throw new Error(`${symbol} is no built-in token of ${id}`)
  return assetKey(token.asset)
}
