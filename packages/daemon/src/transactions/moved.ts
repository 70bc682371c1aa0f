import {
  type AssetUnit,
  type Base,
  type Effects,
  factsOf,
  type MOVEMENT_COLUMNS,
  type Network,
  parseBase,
} from '@waiaas/contract'
import { unitsOf } from './detail.ts'
import { effectsOf } from './rows/readings.ts'
import type { TransactionRow } from './rows/transaction-row.ts'
import { readable } from './views.ts'

type Column = (typeof MOVEMENT_COLUMNS)[number]
type Moved = Pick<Record<Column, string>, 'kind' | 'to' | 'asset'> & { readonly amount: Base | null }
/** What a transaction has moved, and how its amount is written where that is known. */
export type Movement = Moved & {
  readonly unit: AssetUnit | undefined
  /** Where the movement is not all that is known. */
  readonly usd?: string
}
/** As much of one as says what it has moved. */
export type Shortened = Pick<TransactionRow, 'id' | 'network' | 'asset' | 'decimals' | 'symbol' | 'request' | 'effects'>

/** What leaves the wallet by these effects. */
export function movedBy(effects: Effects): Moved[] {
  const { pays, deposits, nfts } = factsOf(effects)
  const own = effects.sender
  return [
    ...pays
      .filter(({ to, amount }) => to !== own && amount > 0n)
      .map(({ to, asset, amount }): Moved => ({ kind: 'payment', to, asset, amount })),
    ...deposits.map(({ owner, asset, amount }): Moved => ({ kind: 'deposit', to: owner, asset, amount })),
    ...nfts.map(({ to, contract, tokenId }): Moved => ({ kind: `nft ${tokenId}`, to, asset: contract, amount: null })),
  ]
}

/** As it stands in the database: kind, recipient, asset and amount, and how the asset is written where that is known. */
type Kept = readonly [string, string, string, string | null, string?, number?]

/** What a transaction that is over has moved, to be kept when its effects are not; null where they do not say. */
export function keptMovements(row: Shortened, network: Network | undefined): string | null {
  const effects = readable(() => effectsOf(row))
  if (effects === null) return null
  const units = unitsOf(row, effects.fee.asset, network)
  const all = movedBy(effects).map(({ kind, to, asset, amount }): Kept => {
    const unit = units(asset)
    const start = [kind, to, asset, amount === null ? null : String(amount)] as const
    return unit ? [...start, unit.symbol, unit.decimals] : start
  })
  return JSON.stringify(all)
}

/** Null where nothing was kept. */
export function keptIn(text: string | null): Movement[] | null {
  // Written by `keptMovements` alone.
  const all: Kept[] | null = text === null ? null : JSON.parse(text)
  if (all === null) return null
  return all.map(([kind, to, asset, amount, symbol, decimals]) => ({
    ...{ kind, to, asset, amount: amount === null ? null : parseBase(amount) },
    unit: symbol === undefined || decimals === undefined ? undefined : { symbol, decimals },
  }))
}
