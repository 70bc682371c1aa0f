import { add, integerOf, nativeAsset, remaining, smallest, toBase, usdCost, ZERO_BASE } from '@waiaas/contract'
import { type Cap, least, less, sum } from './caps.ts'
import { reachOf } from './reach.ts'
import { reserveOf, rulesOn } from './rules.ts'
import { stepsThrough, sumOf } from './stream.ts'
import type { Exposed, Place, Taken, World } from './world.ts'

/** What is taken over: sessions of the wallet, or with `daemon` all that is not the signer. */
type TakenOver = readonly Taken[] | 'daemon'
/** The most that may leave in some time; dollars are micro-dollars, and null is no bound. */
export type Worst = {
  readonly usd: Cap
  /** What it is made of; the sum is `usd`. */
  readonly causes: {
    readonly payments: Cap
    readonly pending: bigint
    readonly signed: bigint
    readonly allowances: bigint
    readonly fees: Cap
  }
  /** What has no price and may leave, in its own units. */
  readonly units: readonly { readonly asset: Exposed; readonly place: Place; readonly amount: Cap }[]
  /** Nothing but the balances bounds it. */
  readonly isEverything: boolean
}

/** The most that may leave until so many milliseconds from now, when this is taken over now. */
export function worstCase(given: World, taken: TakenOver, forMs: number): Worst {
  const world = withHeld(given)
  const end = world.now + forMs
  const reach = taken === 'daemon' ? bySigner(world, forMs) : bySessions(world, taken, end)
  const allowed = each(world, ({ asset }) => least(asset.allowed, asset.balance)!)
  const fees = given.places.map((place) => (taken === 'daemon' ? NO_FEES : reserveOn(given, place, end)))
  const perPlace = world.places.map((place, index) =>
    least(
      sum(reach.places[index]!.usd, fees[index]!.usd, allowed.of(place)),
      sum(
        ...place.assets.map(
          (asset) => usdOf(world, { asset, amount: asset.balance }) ?? (priceOf(world, asset) ? null : 0n),
        ),
      ),
    ),
  )
  const usd = least(sum(reach.usd, ...fees.map((fee) => fee.usd), allowed.all), sum(...perPlace))
  const units = withUnpriced(world, { units: reach.units, fees })
  const all = each(given, ({ asset }) => least(asset.allowed, asset.balance)!).all
  const beside = less(reach.usd, all > allowed.all ? all - allowed.all : 0n)
  return {
    usd,
    units,
    causes: causesOf(given, { usd, reach: beside, allowed: all }),
    isEverything: isAll(world, { usd, units }),
  }
}

/** What holds room in the windows leaves like what is signed: first, and whatever there is room for. */
const withHeld = (world: World): World => ({
  ...world,
  places: world.places.map((place) => ({
    ...place,
    assets: place.assets.map((asset) =>
      asset.held === 0n
        ? asset
        : {
            ...asset,
            signed: add(asset.signed, asset.held),
            allowed: remaining(smallest([asset.allowed, asset.balance ?? asset.allowed])!, asset.held),
            held: ZERO_BASE,
          },
    ),
  })),
})

type Reached = Pick<ReturnType<typeof reachOf>, 'usd' | 'places' | 'units'>

/** What is of one session counts within what is of all; what waits already goes without any of them. */
function bySessions(world: World, taken: readonly Taken[], end: number): Reached {
  const all = reachOf(world, { taken: null, end, withHeld: true })
  const own = taken.map((one) => reachOf(world, { taken: one, end, withHeld: false }))
  const held = ({ signed, pending }: Exposed) => signed + pending
  const heldUsd = each(world, ({ asset }) => least(held(asset), asset.balance)!)
  return {
    usd: least(all.usd, sum(heldUsd.all, ...own.map(({ usd }) => usd))),
    places: all.places.map(({ place, usd }, index) => ({
      place,
      usd: least(usd, sum(heldUsd.of(place), ...own.map((one) => one.places[index]!.usd))),
    })),
    units: all.units.map(({ asset, place, amount }, index) => ({
      ...{ asset, place },
      amount: least(amount, sum(held(asset), ...own.map((one) => one.units[index]!.amount))),
    })),
  }
}

/** Policies are the daemon's; the signer asks its own ceiling alone. */
function bySigner(world: World, forMs: number): Reached {
  const boxes = world.places.flatMap((place) =>
    place.assets.map((asset) => ({
      ...{ asset, place },
      amount: least(sum(asset.ceiling(forMs), asset.signed), less(asset.balance, asset.allowed)),
    })),
  )
  const usdIn = (found: typeof boxes): Cap =>
    sum(...found.map((box) => (priceOf(world, box.asset) ? usdOf(world, box) : 0n)))
  return {
    usd: usdIn(boxes),
    places: world.places.map((place) => ({ place, usd: usdIn(boxes.filter((box) => box.place === place)) })),
    units: boxes.filter(({ asset }) => !priceOf(world, asset)),
  }
}

const priceOf = ({ prices }: World, { asset, decimals }: Exposed) => {
  const price = prices[asset]
  return price && price.usdMicros > 0n && price.decimals === decimals ? price : null
}

function usdOf(world: World, { asset, amount }: { asset: Exposed; amount: Cap }): Cap {
  const price = priceOf(world, asset)
  return amount === null || !price ? null : integerOf(usdCost(toBase(amount), price))
}

/** Something of every asset with a price, in micro-dollars: in all, and of one network. */
function each(world: World, amount: (on: { asset: Exposed; place: Place }) => bigint) {
  const of = (place: Place): bigint =>
    place.assets.reduce((all, asset) => all + (usdOf(world, { asset, amount: amount({ asset, place }) }) ?? 0n), 0n)
  return { of, all: world.places.reduce((all, place) => all + of(place), 0n) }
}

type Fees = { readonly usd: Cap; readonly native: Cap }
const NO_FEES: Fees = { usd: 0n, native: 0n }

/** What cancels and outbidding cost beyond what was held for them, of a reserve that the windows do not count. */
function reserveOn(world: World, place: Place, end: number): Fees {
  const native = place.assets.find(({ asset }) => asset === nativeAsset(place.network))
  const rules = rulesOn(world, place, { taken: null, end, known: new Map() })
  // Where no fee passes, nothing is signed that could be cancelled.
  const isSigning = (!rules.isClosed && rules.fee.late !== 0n) || place.assets.some(({ signed }) => signed > 0n)
  if (!place.isOutbid || !native || !isSigning) return NO_FEES
  if (!priceOf(world, native)) return { usd: 0n, native: native.balance }
  const reserve =
    rules.reserve === null ? null : sumOf(stepsThrough([reserveOf(rules.reserve)], { now: world.now, end }))
  return { usd: least(reserve, usdOf(world, { asset: native, amount: native.balance })), native: 0n }
}

type Loose = { units: Reached['units']; fees: readonly Fees[] }

/** Of what has no price: what policies let go, what others may take, and fees, within the balance. */
const withUnpriced = (world: World, { units, fees }: Loose): Worst['units'] =>
  units.flatMap(({ asset, place, amount }) => {
    const fee = asset.asset === nativeAsset(place.network) ? fees[world.places.indexOf(place)]!.native : 0n
    const all = least(sum(amount, asset.allowed, fee), asset.balance)
    return all === 0n ? [] : [{ asset, place, amount: all }]
  })

type Made = { usd: Cap; reach: Cap; allowed: bigint }

/** What is certain first: allowances, what is signed, what goes by itself; then what could still be asked for. */
function causesOf(world: World, { usd, reach, allowed }: Made): Worst['causes'] {
  const within = (amount: bigint, taken: bigint): bigint => least(amount, usd === null ? null : less(usd, taken))!
  const allowances = within(allowed, 0n)
  const signed = within(
    each(world, ({ asset }) => least(asset.signed, less(asset.balance, asset.allowed))!).all,
    allowances,
  )
  const going = each(world, ({ asset }) => least(asset.pending, less(asset.balance, asset.allowed + asset.signed))!).all
  const held = allowances + signed
  const pending = least(within(going, held), reach === null ? null : less(reach, signed))!
  const payments =
    reach === null ? null : least(less(reach, signed + pending), usd === null ? null : less(usd, held + pending))
  const rest = usd === null || payments === null ? null : less(usd, held + pending + payments)
  return { allowances, signed, pending, payments, fees: usd === null ? (reach === null ? 0n : null) : rest }
}

function isAll(world: World, { usd, units }: Pick<Worst, 'usd' | 'units'>): boolean {
  const held = world.places.flatMap(({ assets }) => assets.filter(({ balance }) => balance !== null && balance > 0n))
  if (held.length === 0) return false
  const priced = sum(
    ...held.map((asset) => (priceOf(world, asset) ? usdOf(world, { asset, amount: asset.balance }) : 0n)),
  )
  const isWhole = (asset: Exposed) => units.some((unit) => unit.asset === asset && unit.amount === asset.balance)
  return usd === priced && held.every((asset) => priceOf(world, asset) !== null || isWhole(asset))
}
