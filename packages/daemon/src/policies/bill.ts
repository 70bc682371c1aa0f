import {
  assetKey,
  type EffectFacts,
  type Effects,
  formatUnits,
  type Network,
  nativeAsset,
  usdCost,
} from '@waiaas/contract'

/** A trustworthy price: micro-dollars for one whole unit. `at` is unix milliseconds. */
export type Price = {
  readonly usdMicros: bigint
  readonly decimals: number
  readonly source: string
  readonly at: number
}
export type Prices = Readonly<Record<string, Price | undefined>>
export type KnownTokens = Readonly<Record<string, { readonly decimals: number; readonly symbol: string } | undefined>>

/**
 * One part of what is to be held back. `usd` is at a trustworthy price, else at the last that was known; null without
 * either, and then the amount counts in its own unit.
 */
export type ReserveItem = {
  readonly part: 'value' | 'fee'
  readonly asset: string
  readonly amount: bigint
  readonly usd: bigint | null
}

/** What leaves of one asset, in base units. */
export type Holding = {
  readonly asset: string
  readonly isNative: boolean
  /** From the chain or the registry; null when neither knows. */
  readonly decimals: number | null
  readonly symbol: string
  readonly price: Price | null
  /** What its money counts at: the trustworthy price, else the last that was known. */
  readonly countedAt: Price | null
  /** What a recipient gets; the tiers judge this. */
  outflow: bigint
  /** Deposits for new accounts; they count in the windows beside the outflow. */
  rent: bigint
}

/** All that leaves, valued. USD is micro-dollars, rounded up per part. */
export type Bill = {
  /** The price of the native asset, whether or not any of it leaves. */
  readonly nativePrice: Price | null
  readonly holdings: readonly Holding[]
  readonly items: readonly ReserveItem[]
  /** Outflows without rent and fees; null when a part of them has no price. */
  readonly outflowUsd: bigint | null
  /** Outflows, rent and the worst fee; null when a part has no price. */
  readonly totalUsd: bigint | null
  /** What counts in the windows: the total, with parts without a trustworthy price at the last that was known. */
  readonly knownUsd: bigint
  /** Assets that count but have no trustworthy price. */
  readonly unpriced: readonly string[]
}

type Billed = {
  readonly facts: Pick<EffectFacts, 'pays' | 'deposits'>
  readonly fee: Effects['fee']
  readonly network: Network
  readonly prices: Prices
  /** The last that was known of assets without a trustworthy price: good for counting, not for judging. */
  readonly lastPrices?: Prices
  readonly tokens: KnownTokens
}

/** Adds up what the effects let out, per asset and in USD. */
export function billOf({ facts, fee, network, prices, lastPrices = {}, tokens }: Billed): Bill {
  const native = nativeAsset(network)
  const holdings = new Map<string, Holding>()
  const holding = (asset: string): Holding => {
    const key = assetKey(asset)
    const known = holdings.get(key)
    if (known) return known
    const fresh = newHolding(key, { isNative: key === native, network, prices, lastPrices, tokens })
    holdings.set(key, fresh)
    return fresh
  }
  for (const { asset, amount } of facts.pays) holding(asset).outflow += amount
  for (const { asset, amount } of facts.deposits) holding(asset).rent += amount
  const feeHolding = holding(fee.asset)
  const all = [...holdings.values()]
  return { nativePrice: holding(native).price, holdings: all, ...totals(all, feeHolding, BigInt(fee.max)) }
}

function totals(all: readonly Holding[], feeHolding: Holding, fee: bigint) {
  const items: ReserveItem[] = []
  const unpriced: string[] = []
  let outflowUsd: bigint | null = 0n
  let totalUsd: bigint | null = 0n
  let knownUsd = 0n
  const add = (part: ReserveItem['part'], holding: Holding, amount: bigint) => {
    if (amount === 0n) return
    const usd = usdOf(holding, amount)
    const counted = worth(holding.countedAt, amount)
    items.push({ part, asset: holding.asset, amount, usd: counted })
    knownUsd += counted ?? 0n
    if (usd === null && !unpriced.includes(holding.asset)) unpriced.push(holding.asset)
    totalUsd = plus(totalUsd, usd)
  }
  for (const holding of all) {
    if (holding.outflow > 0n) outflowUsd = plus(outflowUsd, usdOf(holding, holding.outflow))
    add('value', holding, holding.outflow)
    add('value', holding, holding.rent)
  }
  add('fee', feeHolding, fee)
  return { items, unpriced, outflowUsd, totalUsd, knownUsd }
}

const plus = (sum: bigint | null, usd: bigint | null): bigint | null =>
  sum === null || usd === null ? null : sum + usd

/** Micro-dollars of an amount, rounded up; null without a price. */
const worth = (price: Price | null, amount: bigint): bigint | null =>
  price && usdCost(amount, price.decimals, price.usdMicros)
export const usdOf = ({ price }: Holding, amount: bigint): bigint | null => worth(price, amount)

type Sources = { isNative: boolean; network: Network; prices: Prices; lastPrices: Prices; tokens: KnownTokens }

function newHolding(asset: string, { isNative, network, prices, lastPrices, tokens }: Sources): Holding {
  const token = tokens[asset]
  const decimals = isNative ? network.native.decimals : (token?.decimals ?? prices[asset]?.decimals ?? null)
  const usable = (price: Price | undefined) => (price && isUsable(price, decimals) ? price : null)
  const price = usable(prices[asset])
  return {
    asset,
    isNative,
    decimals,
    symbol: isNative ? network.native.symbol : (token?.symbol ?? asset),
    price,
    countedAt: price ?? usable(lastPrices[asset]),
    outflow: 0n,
    rent: 0n,
  }
}

/** A price of nothing would let everything through, and one for other decimals is a price of something else. */
const isUsable = (price: Price, decimals: number | null): boolean => price.usdMicros > 0n && price.decimals === decimals

/** An amount with its symbol, or base units where the decimals are unknown. */
export const display = ({ decimals, symbol, asset }: Holding, amount: bigint): string =>
  decimals === null ? `${amount} base units of ${asset}` : `${formatUnits(amount, decimals)} ${symbol}`

/** The largest amount whose value, rounded up, is at most so many micro-dollars; null without a price. */
export const amountFor = ({ price }: Holding, usd: bigint): bigint | null =>
  price && (usd * 10n ** BigInt(price.decimals)) / price.usdMicros

/** The smallest of some amounts; undefined when there are none. */
export function smallest(amounts: readonly bigint[]): bigint | undefined {
  let least = amounts[0]
  for (const amount of amounts) if (least !== undefined && amount < least) least = amount
  return least
}
