import { integerOf, nativeAsset, toBase, usdCost } from '@waiaas/contract'
import { type Cap, least, less, most, sum, times } from './caps.ts'
import { type Pacing, type Rate, type Rules, rulesOn, type Served, type Sizes } from './rules.ts'
import { stepsThrough, sumOf } from './stream.ts'
import type { Exposed, Place, Taken, World } from './world.ts'

/** The most that leaves of one asset, in base units, and how long it waits first. */
type Box = {
  readonly asset: Exposed
  readonly place: Place
  readonly amount: Cap
  readonly usd: Cap
  readonly lagMs: number
}
/** The most that policies and balances let leave in some time, beside what others may take. */
export type Reach = {
  /** Micro-dollars of what has a price. */
  readonly usd: Cap
  readonly places: readonly { readonly place: Place; readonly usd: Cap }[]
  /** Of what has none, in base units. */
  readonly units: readonly { readonly asset: Exposed; readonly place: Place; readonly amount: Cap }[]
}
type Asked = {
  readonly taken: Taken | null
  readonly end: number
  /** With what is signed and what goes by itself. */
  readonly withHeld: boolean
}

export function reachOf(world: World, asked: Asked): Reach {
  const known = new Map<string, Pacing>()
  const rules = world.places.map((place) => rulesOn(world, place, { ...asked, known }))
  const all = world.places.map((place, index) => reachOn({ world, place, rules: rules[index]! }, asked))
  const everywhere = rules.find(({ isClosed }) => !isClosed)?.everywhere
  const signed = sum(...all.map((one) => one.signed))
  const held = sum(...all.map((one) => one.held))
  const usd = sum(...all.map((one) => one.usd))
  const grain = all.reduce((found, one) => common(found, one.grain), 0n)
  const shared = { world, asked, signed, grain }
  const request = {
    soon: most(...all.map((one) => one.soon)),
    late: most(...all.map((one) => one.late)),
    delayMs: Math.min(...all.map((one) => one.delayMs)),
  }
  const boxes = all.flatMap((one) => one.priced)
  return {
    usd: everywhere
      ? least(usd, bounds(everywhere, { ...shared, ...request, held }), laggedBound(everywhere, shared, boxes))
      : usd,
    places: all.map((one, index) => ({ place: world.places[index]!, usd: one.usd })),
    units: all.flatMap((one) => one.units),
  }
}

type On = { world: World; place: Place; rules: Rules }

function reachOn(on: On, asked: Asked) {
  const { place, rules } = on
  const sized = place.assets.map((asset) => ({
    asset,
    size: rules.isClosed ? undefined : rules.sizes(asset),
  }))
  const boxes = sized.map(({ asset, size }) => boxOf(on, asked, { asset, size }))
  const worth = (pick: (asset: Exposed) => bigint): Cap =>
    sum(...place.assets.map((asset) => usdOf(rules, asset, pick(asset)) ?? 0n))
  const priced = boxes.filter(({ asset }) => rules.holding(asset).price)
  const signed = asked.withHeld ? worth((asset) => asset.signed) : 0n
  const held = asked.withHeld ? worth((asset) => asset.signed + asset.pending) : 0n
  const sizes = sized.flatMap(({ asset, size }) => (size && rules.holding(asset).price ? [{ asset, size }] : []))
  const { soon, late, delayMs } = requestOf(on, asked, sizes)
  const inAll = sum(...priced.map(({ usd }) => usd))
  const bounded = rules.isClosed
    ? null
    : bounds(rules, { world: on.world, asked, held, signed, soon, late, delayMs, grain: grainOf(on, priced) })
  const lagged = rules.isClosed
    ? null
    : laggedBound(rules, { world: on.world, asked, signed, grain: grainOf(on, priced) }, priced)
  return {
    usd: least(inAll, bounded, lagged),
    ...{ soon, late, delayMs, signed, held, priced, grain: grainOf(on, priced) },
    units: boxes
      .filter(({ asset }) => !rules.holding(asset).price)
      .map(({ asset, amount }) => ({ asset, place, amount })),
  }
}

const usdOf = (rules: Rules, asset: Exposed, amount: Cap): Cap => {
  const { price } = rules.holding(asset)
  return amount === null || !price ? (amount === 0n ? 0n : null) : integerOf(usdCost(toBase(amount), price))
}

const nativeOf = ({ network, assets }: Place): Exposed | undefined =>
  assets.find(({ asset }) => asset === nativeAsset(network))

type SizedAsset = { asset: Exposed; size: Sizes }

/** The most that one request moves, its fee included, in micro-dollars: at once, and with a delay of at least so long. */
function requestOf({ place, rules }: On, { taken }: Asked, sizes: readonly SizedAsset[]): Sizes {
  if (rules.isClosed) return { soon: 0n, late: 0n, delayMs: 0 }
  const native = nativeOf(place)
  const limits = [
    ...rules.windows.map(({ limit }) => limit),
    taken && taken.single !== null ? integerOf(taken.single) : null,
  ]
  const most = (pick: 'soon' | 'late'): Cap => {
    const worth = (asset: Exposed, amount: Cap): Cap => usdOf(rules, asset, least(amount, asset.balance))
    const fee = native && rules.holding(native).price ? worth(native, rules.fee[pick]) : 0n
    const value = least(rules.value[pick], sum(...sizes.map(({ asset, size }) => worth(asset, size[pick]))))
    // What is sent of the asset that pays the fee, and the fee, are of one balance.
    const each = sizes.map(({ asset, size }) =>
      worth(asset, asset === native ? sum(size[pick], rules.fee[pick]) : size[pick]),
    )
    const isSent = sizes.some(({ asset }) => asset === native)
    return least(sum(value, fee), sum(...each, isSent ? 0n : fee), ...limits)
  }
  const delays = [rules.fee, ...sizes.map(({ size }) => size)].flatMap((size) =>
    size.soon !== size.late ? [size.delayMs] : [],
  )
  return { soon: most('soon'), late: most('late'), delayMs: delays.length > 0 ? Math.min(...delays) : 0 }
}

/** Micro-dollars of which all that may leave is a multiple. */
function grainOf({ rules }: On, boxes: readonly Box[]): bigint {
  let grain = 0n
  for (const { asset, amount } of boxes) {
    const { price } = rules.holding(asset)
    if (amount !== 0n && price)
      grain = common(
        grain,
        price.usdMicros % 10n ** BigInt(price.decimals) === 0n ? price.usdMicros / 10n ** BigInt(price.decimals) : 1n,
      )
  }
  return grain
}
const common = (one: bigint, other: bigint): bigint => (other === 0n ? one : common(other, one % other))

type Sizing = { asset: Exposed; size: Served | undefined }

function boxOf({ world, place, rules }: On, { taken, end, withHeld }: Asked, { asset, size }: Sizing): Box {
  const isPriced = rules.holding(asset).price !== null
  const waits = size && size.soon === 0n && size.late !== 0n ? size.delayMs : 0
  const isUncountable = (taken?.single ?? taken?.left) != null && !isPriced
  const sent = size && !isUncountable ? sentOf(rules, { size, world, end, taken }) : 0n
  const isNative = asset.asset === nativeAsset(place.network)
  const fees =
    isNative && !rules.isClosed && !isUncountable ? times(rules.fee.late, requestsIn(rules, { world, end, taken })) : 0n
  // What waits is judged again: where nothing passes without a human any more, it does not either.
  const goesOn = size && (size.served !== 0n || rules.fee.served !== 0n)
  const asked = sum(sent, fees, withHeld && goesOn ? asset.pending : 0n)
  const bySigner = least(asked, asset.ceiling(end - world.now))
  const amount = least(sum(bySigner, withHeld ? asset.signed : 0n), less(asset.balance, withHeld ? asset.allowed : 0n))
  return {
    asset,
    place,
    amount,
    usd: usdOf(rules, asset, amount),
    lagMs: isNative && fees !== 0n && rules.fee.soon !== 0n ? 0 : waits,
  }
}

type Sent = { world: World; end: number; taken: Taken | null }

/** Large amounts as long as their delay is over in time, small ones after that. */
function sentOf(rules: Rules, { size, ...sent }: Sent & { size: Sizes }): Cap {
  const all = requestsIn(rules, sent)
  if (size.soon === size.late) return times(size.late, all)
  const late = requestsIn(rules, { ...sent, end: sent.end - size.delayMs })
  return sum(times(size.late, late), times(size.soon, late === null || all === null ? null : all - least(late, all)!))
}

/** More moments than that are not looked at one by one. */
const MOST_MOMENTS = 5_000

/** How many requests are accepted by then; null: any number. */
function requestsIn(pacing: Pacing, sent: Sent): Cap {
  const known = pacing.requests.get(sent.end)
  const found = known === undefined ? requestsUntil(pacing, sent) : known
  pacing.requests.set(sent.end, found)
  return found
}

function requestsUntil({ rates, isOpen }: Pacing, { world, end, taken }: Sent): Cap {
  if (end < world.now) return 0n
  const isShort = ({ windowMs, used }: Rate) => ((end - world.now) / windowMs) * (used.length + 1) < MOST_MOMENTS
  const span = { now: world.now, end, lastAsked: Math.min(end, taken?.endsAt ?? end), isOpen }
  if (rates.every(isShort)) return sumOf(stepsThrough(rates, span))
  return least(...rates.map((rate) => atMost(rate, end - world.now)))
}

/** In any so many milliseconds. */
const atMost = ({ limit, windowMs }: Rate, forMs: number): bigint => limit * BigInt(Math.floor(forMs / windowMs) + 1)

type Bound = {
  world: World
  asked: Asked
  /** Micro-dollars of what is asked for already, and of what of it is signed. */
  held: Cap
  signed: Cap
  /** Micro-dollars of one request. */
  soon: Cap
  late: Cap
  delayMs: number
  grain: bigint
}

/** What windows and rates let through together, in micro-dollars. */
function bounds(pacing: Pacing, { world, asked, held, signed, soon, late, delayMs, grain }: Bound): Cap {
  const { taken, end } = asked
  const span = { world, end, taken }
  const sure = signed ?? 0n
  const steps = stepsThrough(pacing.windows, { ...spanOf(pacing, span), grain: grain || 1n, sure })
  const money = sumOf(steps)
  const all = requestsIn(pacing, span)
  const slow = requestsIn(pacing, { ...span, end: end - delayMs })
  const byCount = (slowest: Cap, every: Cap): Cap =>
    sum(times(late, slowest), times(soon, every === null || slowest === null ? null : every - least(slowest, every)!))
  const counted = sum(byCount(slow, all), held)
  if (!steps || pacing.rates.length === 0 || late === null) return least(money, counted)
  // What there was room for by some moment, and what so many requests take after it.
  let before = -sure
  let low = least(money, counted)
  for (const { at, amount } of steps) {
    const within = (until: number): Cap =>
      at > until ? 0n : least(...pacing.rates.map((rate) => atMost(rate, until - at)))
    const rest = least(all, within(end))
    const restSlow = least(slow, rest, within(end - delayMs))
    if (before >= 0n) low = least(low, sum(before, byCount(restSlow, rest), held))
    before += amount
  }
  return low
}

const spanOf = ({ isOpen }: Pacing, { world, end, taken }: Sent) => ({
  ...{ now: world.now, end, isOpen },
  ...(taken?.endsAt != null && { lastAsked: taken.endsAt }),
})

/** What waits before it leaves holds its room for longer. */
function laggedBound(
  pacing: Pacing,
  { world, asked, signed, grain }: Pick<Bound, 'world' | 'asked' | 'signed' | 'grain'>,
  boxes: readonly Box[],
): Cap {
  const waiting = boxes.filter(({ lagMs }) => lagMs > 0)
  if (waiting.length === 0) return null
  const lagMs = Math.min(...waiting.map((box) => box.lagMs))
  const { taken, end } = asked
  const steps = stepsThrough(pacing.windows, {
    ...spanOf(pacing, { world, end, taken }),
    lagMs,
    grain: grain || 1n,
    sure: signed ?? 0n,
  })
  const atOnce = sum(...boxes.filter((box) => box.lagMs === 0).map(({ usd }) => usd))
  const late = sum(...waiting.map(({ usd }) => usd))
  return sum(atOnce, least(late, sumOf(steps)))
}
