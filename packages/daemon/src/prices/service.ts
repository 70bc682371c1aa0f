import {
  assetKey,
  type Base,
  type Network,
  nativeAsset,
  type Output,
  type priceOperations,
  type Usd,
  usdCost,
} from '@waiaas/contract'
import type { Log } from '../platform/log.ts'
import { recent } from '../platform/recent.ts'
import type { Prices } from '../policies/service.ts'
import { type FeedReaderParts, feedReader } from './feeds.ts'
import { gaps } from './gaps.ts'
import { type KnownParts, knownPrices, type PriceSettings } from './known.ts'
import type { FeedAnswer } from './rules.ts'
import { type Sources, sources } from './sources.ts'
import type { Web } from './web/sources.ts'

export { type Displays, displays } from './display.ts'
export { priceFixing } from './fixing.ts'
export { webSources } from './web/sources.ts'

export type PricesOptions = KnownParts & FeedReaderParts & { readonly log: Log }
/** Why an asset has no trustworthy price now. `isGone`: it has no source, or none that came back for five minutes. */
type Missing = { readonly asset: string; readonly reason: string; readonly isGone: boolean }

const PATIENCE_MS = 2_000

/** Trustworthy prices in micro-dollars for one whole unit: what the operator fixed, and Chainlink feeds. */
export function pricesService(options: PricesOptions) {
  const { chain, clock } = options
  const feeds = sources<FeedAnswer>(options)
  const decimals = recent<number>()
  const tokens = sources<never>(options)
  const knownUnder = knownPrices(options, { feeds, decimals })
  const known = () => knownUnder(options.settings())
  const missed = gaps(clock)
  const { readFeed, doubting, whyUnused } = feedReader(options)

  async function readFeeds(network: Network, key: string): Promise<void> {
    const { fixed, feeds: candidates } = known().sourcesOf(network, key)
    if (fixed !== undefined) return
    for (const feed of candidates) {
      await feeds.read(feed.name, () => readFeed(feed))
      if (known().now(network, key)) return
      const answer = feeds.answer(feed.name)
      if (answer) feeds.doubt(feed.name, whyUnused(feed, answer))
    }
  }

  async function readDecimals(network: Network, key: string): Promise<void> {
    const { fixed, feeds: candidates, decimals: places } = known().sourcesOf(network, key)
    const hasSource = fixed !== undefined || candidates.length > 0
    if (!hasSource || places !== undefined || !key.startsWith(`${network.caip2}/`)) return
    await tokens.read(key, async () => {
      const token = await doubting(key, async () =>
        (await chain(network.id)).token(key.slice(key.lastIndexOf(':') + 1)),
      )
      decimals.put(key, token.decimals)
      return undefined
    })
  }

  /** Decimals first: without them no answer of a feed is a price. */
  async function read(network: Network, key: string): Promise<void> {
    await readDecimals(network, key)
    await readFeeds(network, key)
  }

  return {
    /** What is known under the settings of a decision. Asks nobody. */
    under: (settings: PriceSettings) =>
      factsOf({ prices: knownUnder(settings), feeds, tokens, missed, networks: options.networks }),
    /** What is known and trusted now, by `assetKey`; a missing entry means no price. Asks nobody. */
    current: (network: Network, assets: readonly string[]): Prices => known().current(network, assets),
    /** Asks the sources for what is missing or too old; never longer than two seconds, and never fails. */
    async refresh(network: Network, assets: readonly string[]): Promise<void> {
      const keys = assets.map(assetKey)
      await patiently(Promise.all(keys.map((key) => read(network, key))))
      const prices = known().current(network, keys)
      for (const key of keys) missed.note(key, prices[key] === undefined)
    },
    /** How prices are read, and from whom. */
    status(): Output<typeof priceOperations.getOracleStatus> {
      const { web } = options
      return {
        cache: { ...feeds.counts(), evictions: 0 },
        sources: {
          pyth: { ...seen(web, 'pyth'), baseUrl: web?.host('pyth') ?? '' },
          coingecko: { ...seen(web, 'coingecko'), apiKeyConfigured: web?.isOn('coingecko') ?? false },
        },
        crossValidation: { enabled: (web?.count() ?? 0) > 0, threshold: web?.percent() ?? 0 },
      }
    },
    /** Micro-dollars of an amount in base units, rounded up; null without a price or for other decimals than it has. */
    usd(network: Network, asset: string, { amount, decimals }: { amount: Base; decimals: number }): Usd | null {
      const price = known().current(network, [asset])[assetKey(asset)]
      return price?.decimals === decimals ? usdCost(amount, price) : null
    },
  }
}

const seen = (web: Web | undefined, name: 'pyth' | 'coingecko') => {
  const lastError = web?.fault(name) ?? null
  return { available: (web?.isOn(name) ?? false) && lastError === null, lastError }
}

/** The asset as `waiaas price set` takes it. */
const setName = (network: Network, key: string): string =>
  key === assetKey(nativeAsset(network)) ? `native:${network.id}` : key

type Facts = Pick<PricesOptions, 'networks'> & {
  readonly prices: ReturnType<ReturnType<typeof knownPrices>>
  readonly feeds: Pick<Sources<FeedAnswer>, 'fault'>
  readonly tokens: Pick<Sources<never>, 'fault'>
  readonly missed: Pick<ReturnType<typeof gaps>, 'isGone'>
}

/** What is known under these settings. Asks nobody. */
function factsOf({ prices, feeds, tokens, missed, networks }: Facts) {
  function whyMissing(network: Network, key: string): Missing {
    const { symbol: asset, fixed, feeds: candidates, decimals } = prices.sourcesOf(network, key)
    if (fixed === undefined && candidates.length === 0)
      return {
        asset,
        reason: `there is no source for the price of ${asset}; you can set one: waiaas price set ${setName(network, key)} <dollars>`,
        isGone: true,
      }
    const faults = fixed === undefined ? candidates.map(({ name }) => feeds.fault(name)) : []
    const fault = (decimals === undefined && tokens.fault(key)) || faults.find((one) => one !== undefined)
    return {
      asset,
      reason: `no trustworthy price of ${asset} now: ${fault ?? 'it was not read yet'}`,
      isGone: missed.isGone(key),
    }
  }
  return {
    /** Trustworthy now, by `assetKey`; a missing entry means no price. */
    current: prices.current,
    /** The last that was known of each asset, however old; by `assetKey`. */
    last: prices.last,
    /** Which of the assets have no trustworthy price now, and why. */
    missing(network: Network, assets: readonly string[]): Missing[] {
      const current: Prices = prices.current(network, assets)
      return assets.flatMap((asset) => (current[assetKey(asset)] ? [] : [whyMissing(network, assetKey(asset))]))
    },
    /** Micro-dollars, rounded up, of an amount in base units of any asset, at the last known price; null without one. */
    worth(asset: string, amount: Base): Usd | null {
      const key = assetKey(asset)
      const network = networks().find(({ caip2 }) => key.startsWith(`${caip2}/`))
      const price = network && prices.last(network, [key])[key]
      return price ? usdCost(amount, price) : null
    },
  }
}

async function patiently(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
