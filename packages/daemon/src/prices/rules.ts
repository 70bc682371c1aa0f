import {
  assetKey,
  canonicalAsset,
  divideUp,
  findNetwork,
  type Network,
  nativeAsset,
  parseUnits,
  toUnitPrice,
  type UnitPrice,
  USD_DECIMALS,
} from '@waiaas/contract'
import type { Feed } from './listed.ts'

/** What a Chainlink aggregator answered. `updatedAt` is unix seconds, `readAt` unix milliseconds. */
export type FeedAnswer = {
  readonly answer: bigint
  readonly decimals: number
  readonly updatedAt: number
  readonly readAt: number
  /** Whose answer it is; Chainlink's where nothing is said. */
  readonly from?: string
}

/** A block's time may be ahead of ours by this much. */
const AHEAD_MS = 60_000
/** An answer that nobody looked at again for this long says nothing about now. */
const UNREAD_MS = 300_000

type Told = Pick<FeedAnswer, 'answer' | 'decimals'>
type Kind = Pick<Feed, 'heartbeat' | 'isDollar'>
type Age = { readonly now: number; readonly maxAgeMs: number }

/** A feed that is told again less often than once an hour may be older by the difference. */
const HOUR_S = 3_600

/** Whether an answer is of now. Instants are unix milliseconds. */
export function isRecent({ heartbeat = HOUR_S }: Kind, feed: FeedAnswer, { now, maxAgeMs }: Age): boolean {
  const at = feed.updatedAt * 1000
  const most = maxAgeMs + Math.max(0, heartbeat - HOUR_S) * 1000
  return at <= now + AHEAD_MS && now - at <= most && Math.abs(now - feed.readAt) <= UNREAD_MS
}

/** Micro-dollars that a feed's answer stands for, rounded up; undefined when it is not to be trusted. */
export function trustedWorth(feed: Kind, answer: FeedAnswer, age: Age): UnitPrice | undefined {
  if (!isRecent(feed, answer, age)) return undefined
  if (!feed.isDollar) return microDollars(answer)
  return isNearDollar(answer) ? DOLLAR : undefined
}

/** What counts of an answer that judges nothing any more: of a stablecoin a dollar, or more where it said so. */
export function lastWorth({ isDollar }: Kind, answer: Told): UnitPrice | undefined {
  const worth = microDollars(answer)
  return isDollar && worth !== undefined && worth < DOLLAR ? DOLLAR : worth
}

const DOLLAR = toUnitPrice(10n ** BigInt(USD_DECIMALS))
/** In hundredths of a dollar. */
const NEAR_DOLLAR = { low: 98n, high: 102n }

/** Whether a stablecoin still counts as a dollar: by the exact answer, the bounds included. */
export function isNearDollar({ answer, decimals }: Told): boolean {
  const [hundredths, dollar] = [answer * 100n, 10n ** BigInt(decimals)]
  return hundredths >= NEAR_DOLLAR.low * dollar && hundredths <= NEAR_DOLLAR.high * dollar
}

/** Rounded up, so that a limit is met early rather than late; undefined for an answer that is no price. */
export function microDollars({ answer, decimals }: Told): UnitPrice | undefined {
  if (answer <= 0n) return undefined
  return toUnitPrice(
    decimals <= USD_DECIMALS
      ? answer * 10n ** BigInt(USD_DECIMALS - decimals)
      : divideUp(answer, 10n ** BigInt(decimals - USD_DECIMALS)),
  )
}

/** What was believed, and by how many endpoints; what comes next is measured by what was believed an hour before. */
export type Believed = FeedAnswer & {
  readonly witnesses: number
  readonly measure: Measure
}
type Measure = { readonly usdMicros: UnitPrice; readonly at: number }

/** A price may grow or shrink by a quarter within an hour, and by a quarter more for each further hour without one. */
const QUARTER = { part: 5n, whole: 4n }
const HOUR_MS = 3_600_000
/** After so many hours any price is as good as the first one. */
const HOURS_MOST = 48

/** Whether an answer is too far from what was believed before to be believed as well. */
export function isTooFar({ usdMicros: last, at }: Measure, answer: FeedAnswer): boolean {
  const next = microDollars(answer)
  if (next === undefined) return false
  const hours = Math.max(1, Math.floor(Math.abs(answer.readAt - at) / HOUR_MS))
  if (hours > HOURS_MOST) return false
  const [low, high] = last < next ? [last, next] : [next, last]
  return high * QUARTER.whole ** BigInt(hours) > low * QUARTER.part ** BigInt(hours)
}

/** Whether two answers are further apart than so many per cent of the lower one. */
export function isApart(one: Told, other: Told, percent: number): boolean {
  const [a, b] = [one.answer * 10n ** BigInt(other.decimals), other.answer * 10n ** BigInt(one.decimals)]
  const [low, high] = a < b ? [a, b] : [b, a]
  return (high - low) * 100n > low * BigInt(percent)
}

/** The measure stays for an hour, so that many small steps come no further than one. */
export function nextMeasure(before: Believed | undefined, { usdMicros, at }: Measure): Measure {
  return before && Math.abs(at - before.measure.at) < HOUR_MS ? before.measure : { usdMicros, at }
}

/** Fixed prices in micro-dollars: by CAIP-19 asset, and native ones as `native:<network id>`. */
export type FixedTable = ReadonlyMap<string, UnitPrice>

/** The operator's table, with networks by their ids and assets in one spelling. Of two prices of one asset the higher counts. */
export function fixedTable(prices: Readonly<Record<string, string>>, networks: readonly Network[]): FixedTable {
  const table = new Map<string, UnitPrice>()
  for (const [name, text] of Object.entries(prices)) {
    const key = fixedKey(name, networks)
    const price = toUnitPrice(parseUnits(text, USD_DECIMALS))
    const before = table.get(key)
    if (before === undefined || before < price) table.set(key, price)
  }
  return table
}

/** How a name in the operator's table compares. */
export function fixedKey(name: string, networks: readonly Network[]): string {
  if (!name.startsWith('native:')) return canonicalAsset(networks, name)
  const network = name.slice('native:'.length)
  return `native:${findNetwork(networks, network)?.id ?? network}`
}

/** What the operator says a network's native asset is worth: the network's own entry, else that of the main network it is priced as. */
export function fixedNative(table: FixedTable, network: Network, pricedAs: Network | undefined): UnitPrice | undefined {
  for (const candidate of pricedAs ? [network, pricedAs] : [network]) {
    const price = table.get(`native:${candidate.id}`) ?? table.get(assetKey(nativeAsset(candidate)))
    if (price !== undefined) return price
  }
  return undefined
}
