import { assetKey, type JudgedSettings, type Network, nativeAsset } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Recent } from '../platform/recent.ts'
import type { Price, Prices } from '../policies/service.ts'
import { type FeedAnswer, type FixedTable, fixedNative, fixedTable, microDollars, trustedAnswer } from './rules.ts'
import type { Sources } from './sources.ts'

export type KnownParts = {
  readonly networks: () => readonly Network[]
  readonly clock: Clock
}
/** What the operator says of prices. */
export type PriceSettings = Pick<JudgedSettings, 'oracle.fixed_prices' | 'oracle.max_age_seconds'>
export const maxAgeMs = (settings: PriceSettings): number => settings['oracle.max_age_seconds'] * 1000
type Read = { readonly feeds: Sources<FeedAnswer>; readonly decimals: Pick<Recent<number>, 'get'> }

export const nativeKey = (network: Network): string => assetKey(nativeAsset(network))

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

function knownUnder({ networks, clock, feeds, decimals, fixed, maxAgeMs }: Under) {
  const pricedAs = (network: Network): Network | undefined => networks().find(({ id }) => id === network.pricedAs)

  /** The network's own feed, then that of the main network it is priced as. */
  const feedsOf = (network: Network): Network[] =>
    [network, pricedAs(network)].filter((one): one is Network => one?.nativeFeed !== undefined)

  const isFixed = (network: Network) => fixedNative(fixed, network, pricedAs(network)) !== undefined

  function native(network: Network): Price | undefined {
    const now = clock.latest()
    const places = network.native.decimals
    const price = fixedNative(fixed, network, pricedAs(network))
    if (price !== undefined) return { usdMicros: price, decimals: places, source: 'fixed', at: now }
    for (const { id } of feedsOf(network)) {
      const answer = feeds.answer(id)
      const usdMicros = answer && trustedAnswer(answer, now, maxAgeMs)
      if (usdMicros) return { usdMicros, decimals: places, source: `chainlink:${id}`, at: answer.updatedAt * 1000 }
    }
    return undefined
  }

  /** The newest answer of a feed, however old. */
  function lastNative(network: Network): Price | undefined {
    const [newest] = feedsOf(network)
      .flatMap(({ id }) => {
        const answer = feeds.answer(id)
        return answer ? [{ id, answer }] : []
      })
      .toSorted((a, b) => b.answer.updatedAt - a.answer.updatedAt)
    const usdMicros = newest && microDollars(newest.answer)
    if (!usdMicros) return undefined
    const at = newest.answer.updatedAt * 1000
    return { usdMicros, decimals: network.native.decimals, source: `chainlink:${newest.id}`, at }
  }

  function token(key: string): Price | undefined {
    const usdMicros = fixed.get(key)
    const places = decimals.get(key)
    if (usdMicros === undefined || places === undefined) return undefined
    return { usdMicros, decimals: places, source: 'fixed', at: clock.now() }
  }

  const byKey = (network: Network, assets: readonly string[], ofNative: (network: Network) => Price | undefined) =>
    Object.fromEntries(
      assets.map(assetKey).map((key) => [key, key === nativeKey(network) ? ofNative(network) : token(key)]),
    )
  const lastOrNow = (network: Network) => native(network) ?? lastNative(network)

  return {
    feedsOf,
    isFixed,
    isFixedToken: (key: string): boolean => fixed.has(key),
    native,
    /** Trustworthy now, by `assetKey`; a missing entry means no price. */
    current: (network: Network, assets: readonly string[]): Prices => byKey(network, assets, native),
    /** The last that was known, however old, by `assetKey`. */
    last: (network: Network, assets: readonly string[]): Prices => byKey(network, assets, lastOrNow),
  }
}
