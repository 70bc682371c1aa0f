import {
  type AssetUnits,
  assetKey,
  type Base,
  type Card,
  formatUnits,
  type Network,
  safeText,
  toBase,
  toUnitPrice,
  toUsd,
  type Usd,
  usdCost,
  usdNumber,
} from '@waiaas/contract'
import { unitsOf } from '../detail.ts'
import { decisionOf } from '../rows/readings.ts'
import { readable } from '../views.ts'
import type { CardFacts, CardStep } from './reading.ts'

export type CardAmount = Card['amounts'][number]
type Moved = { readonly asset: string; readonly amount: Base; readonly unlimited: boolean }

/** In what the assets of a step are counted; symbols of tokens are what somebody has called them. */
export function unitsOfStep({ row, effects }: CardStep, network: Network | undefined): AssetUnits {
  const units = unitsOf(row, effects?.fee.asset, network)
  return (asset) => {
    const unit = units(asset)
    return unit && { ...unit, symbol: safeText(unit.symbol, 20) }
  }
}

/** What leaves of each asset, and what others may take of it; a price is that of the judgement. */
export function amountsOf({ row, steps, network }: CardFacts, text: (usd: Usd) => string | null): CardAmount[] {
  const prices = readable(() => decisionOf(row).inputs.prices) ?? {}
  const shown = steps.flatMap((step) => movedBy(step).map((moved) => ({ ...moved, units: unitsOfStep(step, network) })))
  return shown.map(({ asset, amount, unlimited, units }) => {
    const price = prices[assetKey(asset)]
    const usd =
      price && !unlimited ? usdCost(amount, { ...price, usdMicros: toUnitPrice(BigInt(price.usdMicros)) }) : null
    const unit = units(asset)
    return {
      ...{ assetId: asset, symbol: unit?.symbol ?? null, amount: String(amount), unlimited },
      humanAmount: unit ? formatUnits(amount, unit.decimals) : null,
      usd: amount === 0n ? 0 : usd === null ? null : usdNumber(usd),
      displayAmount: text(amount === 0n ? toUsd(0n) : (usd ?? toUsd(0n))),
    }
  })
}

function movedBy({ facts }: CardStep): Moved[] {
  const leaving = new Map<string, Moved>()
  for (const { asset, amount } of [...(facts?.pays ?? []), ...(facts?.deposits ?? [])]) {
    const before = leaving.get(assetKey(asset))?.amount ?? toBase(0n)
    leaving.set(assetKey(asset), { asset, amount: toBase(before + amount), unlimited: false })
  }
  return [...leaving.values(), ...(facts?.spenders ?? [])]
}
