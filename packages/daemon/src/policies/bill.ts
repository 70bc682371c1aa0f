import {
  add,
  amountFor,
  assetKey,
  type Base,
  type EffectFacts,
  type Effects,
  formatUnits,
  type Network,
  nativeAsset,
  parseBase,
  remaining,
  type UnitPrice,
  type Usd,
  usdCost,
  usdText,
  ZERO_BASE,
  ZERO_USD,
} from '@waiaas/contract'

/** A trustworthy price: micro-dollars for one whole unit. `at` is unix milliseconds. */
export type Price = {
  readonly usdMicros: UnitPrice
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
  readonly asset: string
  readonly amount: Base
  readonly usd: Usd | null
} & (
  | { readonly part: 'value' | 'fee' }
  | { readonly part: 'allowed'; readonly spender: string; readonly unlimited: boolean }
)

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
  /** What leaves, deposits for new accounts included: they are their owner's. The tiers judge this. */
  outflow: Base
  /** What of the outflow is deposits. */
  deposits: Base
}

/** All that leaves, valued. USD is micro-dollars, rounded up per part. */
export type Bill = {
  /** The price of the native asset, whether or not any of it leaves. */
  readonly nativePrice: Price | null
  readonly holdings: readonly Holding[]
  readonly items: readonly ReserveItem[]
  /** The most that the bytes can pay for being carried out; judged by itself. */
  readonly fee: { readonly holding: Holding; readonly amount: Base; readonly usd: Usd | null }
  /** Outflows without the fee; null when a part of them has no price. */
  readonly outflowUsd: Usd | null
  /** What counts beside the payments: deposits and the worst fee, at what is known of their prices. */
  readonly besidesUsd: Usd
  /** Outflows and the worst fee; null when a part has no price. */
  readonly totalUsd: Usd | null
  /** What counts in the windows: the total, with parts without a trustworthy price at the last that was known. */
  readonly knownUsd: Usd
  /** Assets that count but have no trustworthy price. */
  readonly unpriced: readonly string[]
}

type Billed = Valued & {
  readonly facts: Pick<EffectFacts, 'pays' | 'spenders' | 'deposits'>
  readonly fee: Effects['fee']
}
/** What an asset is valued by. */
export type Valued = {
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
  // What may be taken counts like what is given: nobody sees it being taken.
  for (const { asset, amount } of [...facts.pays, ...facts.spenders]) {
    const paid = holding(asset)
    paid.outflow = add(paid.outflow, amount)
  }
  for (const { asset, amount } of facts.deposits) {
    const opened = holding(asset)
    opened.outflow = add(opened.outflow, amount)
    opened.deposits = add(opened.deposits, amount)
  }
  const feeHolding = holding(fee.asset)
  const all = [...holdings.values()]
  const allowed = facts.spenders.map(({ spender, unlimited, asset, amount }) => ({
    ...{ holding: holding(asset), amount },
    as: { part: 'allowed' as const, spender, unlimited },
  }))
  const amount = parseBase(fee.max)
  const worst = { holding: feeHolding, amount, usd: amount === 0n ? ZERO_USD : usdOf(feeHolding, amount) }
  return { nativePrice: holding(native).price, holdings: all, fee: worst, ...totals({ all, allowed, fee: worst }) }
}

type Held = { holding: Holding; amount: Base; as?: PartOf; isBeside?: boolean }
type PartOf = { part: 'value' | 'fee' } | { part: 'allowed'; spender: string; unlimited: boolean }
type All = { all: readonly Holding[]; allowed: readonly Held[]; fee: Bill['fee'] }

function totals({ all, allowed, fee }: All) {
  const items: ReserveItem[] = []
  const unpriced: string[] = []
  let outflowUsd: Usd | null = ZERO_USD
  let totalUsd: Usd | null = ZERO_USD
  let knownUsd = ZERO_USD
  let besidesUsd = ZERO_USD
  const hold = ({ holding, amount, as = { part: 'value' }, isBeside = false }: Held) => {
    if (amount === 0n) return
    const usd = usdOf(holding, amount)
    const counted = worth(holding.countedAt, amount)
    items.push({ ...as, asset: holding.asset, amount, usd: counted })
    if (counted !== null) knownUsd = add(knownUsd, counted)
    if (counted !== null && isBeside) besidesUsd = add(besidesUsd, counted)
    if (usd === null && !unpriced.includes(holding.asset)) unpriced.push(holding.asset)
    totalUsd = plus(totalUsd, usd)
  }
  for (const holding of all) {
    if (holding.outflow > 0n) outflowUsd = plus(outflowUsd, usdOf(holding, holding.outflow))
    const own = allowed.filter((one) => one.holding === holding)
    const others = own.reduce((sum, one) => add(sum, one.amount), holding.deposits)
    hold({ holding, amount: remaining(holding.outflow, others) })
    for (const one of own) hold(one)
    hold({ holding, amount: holding.deposits, isBeside: true })
  }
  hold({ holding: fee.holding, amount: fee.amount, as: { part: 'fee' }, isBeside: true })
  return { items, unpriced, outflowUsd, totalUsd, knownUsd, besidesUsd }
}

const plus = (sum: Usd | null, usd: Usd | null): Usd | null => (sum === null || usd === null ? null : add(sum, usd))

/** Micro-dollars of an amount, rounded up; null without a price. */
export const worth = (price: Price | null, amount: Base): Usd | null => price && usdCost(amount, price)
export const usdOf = ({ price }: Holding, amount: Base): Usd | null => worth(price, amount)

type Sources = { isNative: boolean; network: Network; prices: Prices; lastPrices: Prices; tokens: KnownTokens }

/** From the chain or the registry, else as its price has them. */
const decimalsOf = (
  asset: string,
  { isNative, network, prices, tokens }: Omit<Sources, 'lastPrices'>,
): number | null => (isNative ? network.native.decimals : (tokens[asset]?.decimals ?? prices[asset]?.decimals ?? null))

/** The trustworthy price of an asset by its key; null without one. */
export function priceOf(asset: string, known: Pick<Billed, 'network' | 'prices' | 'tokens'>): Price | null {
  const price = known.prices[asset]
  const isNative = asset === nativeAsset(known.network)
  return price && isUsable(price, decimalsOf(asset, { ...known, isNative })) ? price : null
}

/** Nothing of an asset, with what is known of it. */
export const holdingOf = (asset: string, { network, prices, lastPrices = {}, tokens }: Valued): Holding =>
  newHolding(asset, { isNative: asset === nativeAsset(network), network, prices, lastPrices, tokens })

function newHolding(asset: string, { isNative, network, prices, lastPrices, tokens }: Sources): Holding {
  const token = tokens[asset]
  const decimals = decimalsOf(asset, { isNative, network, prices, tokens })
  const usable = (price: Price | undefined) => (price && isUsable(price, decimals) ? price : null)
  const price = usable(prices[asset])
  return {
    asset,
    isNative,
    decimals,
    symbol: isNative ? network.native.symbol : (token?.symbol ?? asset),
    price,
    countedAt: price ?? usable(lastPrices[asset]),
    outflow: ZERO_BASE,
    deposits: ZERO_BASE,
  }
}

/** A price of nothing would let everything through, and one for other decimals is a price of something else. */
const isUsable = (price: Price, decimals: number | null): boolean => price.usdMicros > 0n && price.decimals === decimals

/** The same with its dollars, where they are known. */
export function priced(holding: Holding, amount: Base): string {
  const usd = usdOf(holding, amount)
  return usd === null ? display(holding, amount) : `${display(holding, amount)} (${usdText(usd)} USD)`
}

/** How an asset is called: by its symbol, and a token by its address too. */
export function nameOf(asset: string, valued: Valued): string {
  const { isNative, symbol } = holdingOf(assetKey(asset), valued)
  const address = asset.slice(asset.lastIndexOf(':') + 1)
  if (isNative) return symbol
  return symbol === assetKey(asset) ? `the token ${address}` : `${symbol} (${address})`
}

/** An amount with its symbol, or base units where the decimals are unknown. */
export const display = ({ decimals, symbol, asset }: Holding, amount: Base): string =>
  decimals === null
    ? `${amount} base units of ${asset.slice(asset.lastIndexOf(':') + 1)}`
    : `${formatUnits(amount, decimals)} ${symbol}`

/** The largest amount whose value, rounded up, is at most so many micro-dollars; null without a price. */
export const amountWithin = ({ price }: Holding, usd: Usd): Base | null => price && amountFor(usd, price)
