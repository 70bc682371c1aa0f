import { assetKey, type JudgedSettings, type Network, nativeAsset, type UnitPrice } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Recent } from '../platform/recent.ts'
import type { Price, Prices } from '../policies/service.ts'
import { type Feed, listingOfAsset, nativeFeeds } from './listed.ts'
import { type FeedAnswer, type FixedTable, fixedNative, fixedTable, lastWorth, trustedWorth } from './rules.ts'
import type { Sources } from './sources.ts'
import type { Web } from './web/sources.ts'

export type KnownParts = {
  readonly networks: () => readonly Network[]
  readonly clock: Clock
  readonly web?: Pick<Web, 'count'>
}
/** What the operator says of prices. */
export type PriceSettings = Pick<JudgedSettings, 'oracle.fixed_prices' | 'oracle.max_age_seconds'>
export const maxAgeMs = (settings: PriceSettings): number => settings['oracle.max_age_seconds'] * 1000
type Read = { readonly feeds: Sources<FeedAnswer>; readonly decimals: Pick<Recent<number>, 'get'> }

/** Where the price of an asset comes from, under some settings. */
type AssetSources = {
  /** What people call it. */
  readonly symbol: string
  readonly fixed: UnitPrice | undefined
  /** In order of preference, where no price is fixed. */
  readonly feeds: readonly Feed[]
  /** Undefined while nobody has read them from the chain. */
  readonly decimals: number | undefined
}

const nativeKey = (network: Network): string => assetKey(nativeAsset(network))

/** What is known of prices without asking anybody: what the operator fixed, and what feeds have answered. */
export function knownPrices(parts: KnownParts, read: Read) {
  const tables = new WeakMap<object, FixedTable>()
  return (settings: PriceSettings) => {
    const of = settings['oracle.fixed_prices']
    const fixed = tables.get(of) ?? fixedTable(of, parts.networks())
    tables.set(of, fixed)
    return knownUnder({ ...parts, ...read, fixed, maxAgeMs: maxAgeMs(settings) })
  }
}

type Under = KnownParts & Read & { readonly fixed: FixedTable; readonly maxAgeMs: number }

function knownUnder({ networks, clock, web, feeds, decimals, fixed, maxAgeMs }: Under) {
  const pricedAs = (network: Network): Network | undefined => networks().find(({ id }) => id === network.pricedAs)

  function native(network: Network): AssetSources {
    const as = pricedAs(network)
    const { symbol, decimals: places } = network.native
    return {
      symbol,
      fixed: fixedNative(fixed, network, as),
      feeds: nativeFeeds(network, as).filter(isAsked),
      decimals: places,
    }
  }

  /** Without an aggregator there is nobody to ask but two that agree. */
  const isAsked = ({ address }: Feed) => address !== undefined || (web?.count() ?? 0) > 1

  /** `key` is by `assetKey`, of an asset of this network. */
  function sourcesOf(network: Network, key: string): AssetSources {
    if (key === nativeKey(network)) return native(network)
    const own = fixed.get(key)
    const places = decimals.get(key)
    const listing = key.startsWith(`${network.caip2}/`) ? listingOfAsset(key) : undefined
    if (!listing) return { symbol: key, fixed: own, feeds: [], decimals: places }
    if (listing.isWrapped) {
      const of = native(network)
      return { ...of, symbol: `wrapped ${of.symbol}`, fixed: own ?? of.fixed, decimals: places }
    }
    const { symbol, feed, like = key } = listing
    return { symbol, fixed: own ?? fixed.get(like), feeds: [feed], decimals: places }
  }

  /** Trustworthy now. */
  function now(network: Network, key: string): Price | undefined {
    const { fixed: own, feeds: candidates, decimals: places } = sourcesOf(network, key)
    const at = clock.latest()
    if (places === undefined) return undefined
    if (own !== undefined) return { usdMicros: own, decimals: places, source: 'fixed', at }
    for (const feed of candidates) {
      const answer = feeds.answer(feed.name)
      const usdMicros = answer && trustedWorth(feed, answer, { now: at, maxAgeMs })
      if (usdMicros) return priceOf(feed, answer, { usdMicros, decimals: places })
    }
    return undefined
  }

  /** The newest that a feed has told, however old. */
  function lastTold(network: Network, key: string): Price | undefined {
    const { feeds: candidates, decimals: places } = sourcesOf(network, key)
    const [newest] = candidates
      .flatMap((feed) => {
        const answer = feeds.answer(feed.name)
        return answer ? [{ feed, answer }] : []
      })
      .toSorted((a, b) => b.answer.updatedAt - a.answer.updatedAt)
    const usdMicros = newest && lastWorth(newest.feed, newest.answer)
    return usdMicros && places !== undefined
      ? priceOf(newest.feed, newest.answer, { usdMicros, decimals: places })
      : undefined
  }

  const byKey = (assets: readonly string[], price: (key: string) => Price | undefined) =>
    Object.fromEntries(assets.map(assetKey).map((key) => [key, price(key)]))

  return {
    sourcesOf,
    now,
    /** Trustworthy now, by `assetKey`; a missing entry means no price. */
    current: (network: Network, assets: readonly string[]): Prices => byKey(assets, (key) => now(network, key)),
    /** The last that was known, however old, by `assetKey`. */
    last: (network: Network, assets: readonly string[]): Prices =>
      byKey(assets, (key) => now(network, key) ?? lastTold(network, key)),
  }
}

const priceOf = (
  { name }: Feed,
  { updatedAt, from = 'chainlink' }: FeedAnswer,
  of: Pick<Price, 'usdMicros' | 'decimals'>,
): Price => ({
  ...of,
  source: `${from}:${name}`,
  at: updatedAt * 1000,
})
