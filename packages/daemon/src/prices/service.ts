import { assetKey, isFailure, type Network, nativeAsset, type Settings, usdCost } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Price, Prices } from '../policies/service.ts'
import { type FeedAnswer, type FixedTable, fixedNative, fixedTable, trustedAnswer } from './rules.ts'

/** What prices need of a chain. */
type PriceChain = {
  readFeed?(address: string): Promise<{ answer: bigint; decimals: number; updatedAt: number }>
  token(address: string): Promise<{ decimals: number }>
}
export type PricesOptions = {
  readonly settings: () => Pick<Settings, 'oracle.fixed_prices' | 'oracle.max_age_seconds'>
  readonly networks: () => readonly Network[]
  readonly chain: (network: string) => Promise<PriceChain>
  readonly clock: Clock
  readonly log: Log
}

/** Read again after this; until then the last answer is good enough. */
const FRESH_MS = 15_000
/** Up to this age a caller is not kept waiting for the next answer. */
const USABLE_MS = 60_000
/** After a failure nobody waits for the same source again so soon. */
const PAUSE_MS = 10_000
const PATIENCE_MS = 2_000

type Source = { answer?: FeedAnswer; failedAt?: number; running?: Promise<void>; isComplained?: boolean }

/** Trustworthy prices in micro-dollars for one whole unit: what the operator fixed, and Chainlink feeds for native assets. */
export function pricesService({ settings, networks, chain, clock, log }: PricesOptions) {
  const feeds = new Map<string, Source>()
  const decimals = new Map<string, number>()
  const tokenReads = new Map<string, Source>()
  let table: { of: object; fixed: FixedTable } | undefined

  function fixed(): FixedTable {
    const of = settings()['oracle.fixed_prices']
    if (table?.of !== of) table = { of, fixed: fixedTable(of, networks()) }
    return table.fixed
  }

  const pricedAs = (network: Network): Network | undefined => networks().find(({ id }) => id === network.pricedAs)

  /** The network's own feed, then that of the main network it is priced as. */
  const feedsOf = (network: Network): Network[] =>
    [network, pricedAs(network)].filter((one): one is Network => one?.nativeFeed !== undefined)

  function native(network: Network): Price | undefined {
    const now = clock.latest()
    const places = network.native.decimals
    const price = fixedNative(fixed(), network, pricedAs(network))
    if (price !== undefined) return { usdMicros: price, decimals: places, source: 'fixed', at: now }
    for (const { id } of feedsOf(network)) {
      const answer = feeds.get(id)?.answer
      const usdMicros = answer && trustedAnswer(answer, now, settings()['oracle.max_age_seconds'] * 1000)
      if (usdMicros) return { usdMicros, decimals: places, source: `chainlink:${id}`, at: answer.updatedAt * 1000 }
    }
    return undefined
  }

  function token(key: string): Price | undefined {
    const usdMicros = fixed().get(key)
    const places = decimals.get(key)
    if (usdMicros === undefined || places === undefined) return undefined
    return { usdMicros, decimals: places, source: 'fixed', at: clock.now() }
  }

  function current(network: Network, assets: readonly string[]): Prices {
    const nativeKey = assetKey(nativeAsset(network))
    const keys = assets.map(assetKey)
    return Object.fromEntries(keys.map((key) => [key, key === nativeKey ? native(network) : token(key)]))
  }

  /** Reads a source unless it was read or failed lately; answers whether a caller should wait for it. */
  function read(sources: Map<string, Source>, name: string, run: () => Promise<FeedAnswer | undefined>): Promise<void> {
    const source = sources.get(name) ?? {}
    sources.set(name, source)
    const age = Math.abs(clock.latest() - (source.answer?.readAt ?? 0))
    const isPaused = clock.now() - (source.failedAt ?? 0) < PAUSE_MS
    if (age < FRESH_MS || isPaused) return Promise.resolve()
    source.running ??= run()
      .then(
        (answer) => {
          if (answer) source.answer = answer
          delete source.failedAt
          source.isComplained = false
        },
        (error: unknown) => complain(source, name, error),
      )
      .finally(() => {
        delete source.running
      })
    return age < USABLE_MS ? Promise.resolve() : source.running
  }

  function complain(source: Source, name: string, error: unknown): void {
    source.failedAt = clock.now()
    if (source.isComplained) return
    source.isComplained = true
    const reason = isFailure(error) ? { reason: error.message } : { err: error }
    log.warn({ source: name, ...reason }, 'no price from this source; it is asked again, silently')
  }

  async function readFeed({ id, nativeFeed, nativeFeedOn = id }: Network): Promise<FeedAnswer | undefined> {
    const source = await chain(nativeFeedOn)
    const answer = nativeFeed && (await source.readFeed?.(nativeFeed))
    return answer ? { ...answer, readAt: clock.latest() } : undefined
  }

  async function readNative(network: Network): Promise<void> {
    if (fixedNative(fixed(), network, pricedAs(network)) !== undefined) return
    for (const candidate of feedsOf(network)) {
      await read(feeds, candidate.id, () => readFeed(candidate))
      if (native(network)) return
    }
  }

  async function readDecimals(network: Network, key: string): Promise<void> {
    const address = key.slice(key.lastIndexOf(':') + 1)
    if (!fixed().has(key) || decimals.has(key) || !key.startsWith(`${network.caip2}/`)) return
    await read(tokenReads, key, async () => {
      decimals.set(key, (await (await chain(network.id)).token(address)).decimals)
      return undefined
    })
  }

  return {
    /** What is known and trusted now, by `assetKey`; a missing entry means no price. Asks nobody. */
    current,
    /** Asks the sources for what is missing or too old; never longer than two seconds, and never fails. */
    async refresh(network: Network, assets: readonly string[]): Promise<void> {
      const nativeKey = assetKey(nativeAsset(network))
      const keys = assets.map(assetKey)
      const reads = keys.map((key) => (key === nativeKey ? readNative(network) : readDecimals(network, key)))
      await patiently(Promise.all(reads))
    },
    /** Micro-dollars of an amount in base units, rounded up; null without a price or for other decimals than it has. */
    usd(network: Network, asset: string, amount: bigint, places: number): bigint | null {
      const price = current(network, [asset])[assetKey(asset)]
      return price?.decimals === places ? usdCost(amount, places, price.usdMicros) : null
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
