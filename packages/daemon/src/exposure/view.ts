import {
  add,
  assetKey,
  type exposureOperations,
  formatUnits,
  integerOf,
  type Output,
  toBase,
  toUsd,
  type Usd,
  usdCost,
  usdNumber,
  type WalletExposure,
} from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { type Taken, type World, type Worst, worstCase } from '../policies/service.ts'
import type { HeldSpend } from '../transactions/types.ts'
import type { WalletRow } from '../wallets/service.ts'
import type { OpenAllowance } from './types.ts'
import { amountTexts, changeText, PERIODS, unreadText, worstText, worstView } from './words.ts'
import type { Seen, Worlds } from './world.ts'

export type Shown = { readonly wallet: WalletRow; readonly seen: Seen; readonly worlds: Worlds }
type Sum = Output<(typeof exposureOperations)['getExposure']>
type Over = readonly Taken[] | 'daemon'

/** Sessions of a wallet that are shown by themselves; all of them count together. */
const MOST_SHOWN = 20

/** Whoever has the password lifts every ceiling. */
const unbound = (world: World): World => ({
  ...world,
  places: world.places.map((place) => ({
    ...place,
    assets: place.assets.map((asset) => ({ ...asset, ceiling: () => null })),
  })),
})

const worstOf = (
  { worlds: { world } }: Shown,
  over: Over,
  { hasPassword, ms }: { hasPassword: boolean; ms: number },
): Worst => worstCase(over === 'daemon' && hasPassword ? unbound(world) : world, over, ms)

/** What there is to lose, in whole units. */
const everythingOf = ({ places }: World): string[] =>
  amountTexts(
    places.flatMap(({ network, assets }) =>
      assets
        .filter(({ balance }) => balance === null || balance > 0n)
        .map(({ balance, symbol, decimals }) => ({ network: network.id, symbol, decimals, amount: balance })),
    ),
  )

/** The answer for one wallet. */
export function exposureView(shown: Shown, hasPassword: boolean): WalletExposure {
  const { wallet, seen, worlds } = shown
  const { world, taken, waiting } = worlds
  const everything = everythingOf(world)
  const worst = (over: Over) =>
    PERIODS.map((period) => worstView(worstOf(shown, over, { hasPassword, ms: period.ms }), everything, period))
  const several = taken.length > 1 ? taken.slice(0, MOST_SHOWN) : []
  const takenOver: WalletExposure['takenOver'] = [
    ...several.map((one) => ({ taken: 'session' as const, ...called([one]), worst: worst([one]) })),
    { taken: taken.length === 1 ? 'session' : 'sessions', ...called(taken), worst: worst(taken) },
    { taken: 'daemon', sessions: null, names: null, worst: worst('daemon') },
  ]
  return {
    ...{ walletId: wallet.id, name: wallet.name, asOf: seconds(world.now), text: summaryOf(takenOver), takenOver },
    allowances: seen.allowances.map((one) => allowanceView(one, world)),
    approvals: waiting.map((spend) => approvalView(shown, spend)),
    unread: unreadOf([shown]),
  }
}

/** A session as a person knows it: by what the operator said it is, or by the end of its id. */
const called = (sessions: readonly Taken[]) => ({
  sessions: sessions.map(({ id }) => id),
  names: sessions.map(({ id, labels }) => (labels.length > 0 ? labels.join(' ') : id.slice(-12))),
})

const unreadOf = (all: readonly Shown[]): WalletExposure['unread'] => {
  const errors = all.flatMap(({ seen }) =>
    seen.held.flatMap(({ network, error }) => (error === undefined ? [] : [[network.id, error] as const])),
  )
  return [...new Map(errors)].map(([network, error]) => ({ network, error }))
}

function summaryOf(takenOver: WalletExposure['takenOver']): string {
  const dayOf = (index: number): string => takenOver.at(index)!.worst.find(({ period }) => period === 'day')!.text
  const sessions = takenOver.at(-2)!.sessions ?? []
  const who =
    sessions.length === 0
      ? 'no session is open, and what waits already goes: '
      : `if ${sessions.length === 1 ? 'its session is' : `its ${sessions.length} sessions are`} taken over now, what leaves is `
  return `${who}${dayOf(-2)}; if the daemon is, ${dayOf(-1)}`
}

const usdOf = (parts: readonly (Usd | null)[]): number | null => {
  let sum = 0n
  for (const usd of parts) {
    if (usd === null) return null
    sum += integerOf(usd)
  }
  return usdNumber(toUsd(sum))
}

function allowanceView(
  { network, spender, assetId, amount, isEndless }: OpenAllowance,
  world: World,
): WalletExposure['allowances'][number] {
  const place = world.places.find((one) => one.network.id === network)
  const asset = place?.assets.find((one) => one.asset === assetId)
  const price = asset && world.prices[asset.asset]
  const isAll = isEndless || (asset?.balance != null && amount >= asset.balance)
  const most = asset?.balance != null && asset.balance < amount ? asset.balance : amount
  return {
    ...{ network, spender, assetId, symbol: asset?.symbol ?? assetId },
    amount: isAll ? null : String(amount),
    humanAmount: isAll || !asset ? null : formatUnits(amount, asset.decimals),
    usd: price && (asset.balance !== null || !isEndless) ? usdNumber(usdCost(toBase(most), price)) : null,
  }
}

/** How the worst case moves when one that waits for a human is approved; undefined of any other. */
export function approvalText(shown: Shown, transactionId: string): string | undefined {
  const spend = shown.worlds.waiting.find((one) => one.transactionId === transactionId)
  return spend && approvalView(shown, spend).worstCase
}

/** Once it is approved it leaves, whatever else is asked for. */
function approvalView(shown: Shown, spend: HeldSpend): WalletExposure['approvals'][number] {
  const { world, taken } = shown.worlds
  const { transactionId, network, items } = spend
  const isOf = (asset: string) => items.filter((item) => assetKey(item.asset) === asset)
  const places = world.places.map((place) => ({
    ...place,
    assets: place.assets.map((asset) => {
      const more = place.network.id === network ? isOf(asset.asset) : []
      return { ...asset, signed: more.reduce((sum, { amount }) => add(sum, amount), asset.signed) }
    }),
  }))
  const compared = PERIODS.map(({ each, ms }) => ({
    each,
    before: worstCase(world, taken, ms).usd,
    after: worstCase({ ...world, places }, taken, ms).usd,
  }))
  return {
    transactionId,
    usd: usdOf(items.map(({ usd }) => usd)),
    worstCase: changeText(compared) + unreadText(unreadOf([shown]).length),
  }
}

/** All wallets together. */
export function sumView(all: readonly Shown[], hasPassword: boolean): Sum {
  const everything = all.flatMap(({ worlds }) => everythingOf(worlds.world))
  const added = (over: (shown: Shown) => Over) =>
    PERIODS.map((period) =>
      worstView(
        addedUp(all.map((shown) => worstOf(shown, over(shown), { hasPassword, ms: period.ms }))),
        everything,
        period,
      ),
    )
  const takenOver: Sum['takenOver'] = [
    {
      taken: 'sessions',
      ...called(all.flatMap(({ worlds }) => worlds.taken)),
      worst: added(({ worlds }) => worlds.taken),
    },
    { taken: 'daemon', sessions: null, names: null, worst: added(() => 'daemon') },
  ]
  const day = PERIODS.find(({ period }) => period === 'day')!
  return {
    ...{ text: summaryOf(takenOver), takenOver, unread: unreadOf(all) },
    wallets: all.map((shown) => {
      const worst = worstOf(shown, shown.worlds.taken, { hasPassword, ms: day.ms })
      return {
        id: shown.wallet.id,
        name: shown.wallet.name,
        text: worstText(worst, everythingOf(shown.worlds.world), day.words),
      }
    }),
  }
}

function addedUp(all: readonly Worst[]): Worst {
  const sum = (pick: (worst: Worst) => bigint | null): bigint | null =>
    all.reduce<bigint | null>((total, worst) => {
      const one = pick(worst)
      return total === null || one === null ? null : total + one
    }, 0n)
  return {
    usd: sum(({ usd }) => usd),
    units: all.flatMap(({ units }) => units),
    isEverything: all.length > 0 && all.every(({ isEverything }) => isEverything),
    causes: {
      payments: sum(({ causes }) => causes.payments),
      pending: sum(({ causes }) => causes.pending)!,
      signed: sum(({ causes }) => causes.signed)!,
      allowances: sum(({ causes }) => causes.allowances)!,
      fees: sum(({ causes }) => causes.fees),
    },
  }
}
