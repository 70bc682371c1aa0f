import {
  type AssetUnits,
  assetKey,
  type Base,
  csvLine,
  type Decision,
  type Effects,
  formatUnits,
  labelTexts,
  MOVEMENT_COLUMNS,
  type Network,
  nativeAsset,
  parseBase,
  parseMicros,
  toUnitPrice,
  usdCost,
  usdText,
} from '@waiaas/contract'
import { inPieces } from '../platform/turn.ts'
import { unitsOf } from './detail.ts'
import { keptIn, type Movement, movedBy } from './moved.ts'
import type { ServiceParts } from './parts.ts'
import { labelsOf } from './rows/label-store.ts'
import { type ListedMovement, type ListFilter, listStore } from './rows/list-store.ts'
import { decisionOf, effectsOf } from './rows/readings.ts'
import type { Status } from './rows/states.ts'
import { readable } from './views.ts'

/** Those of which something may have landed: of a cancelled one the fee of what took its place. */
const MOVING: readonly Status[] = ['CONFIRMED', 'FAILED', 'CANCELLED']

type Column = (typeof MOVEMENT_COLUMNS)[number]
type Around = { readonly network: Network | undefined; readonly wallet: string }
type Prices = Decision['inputs']['prices']

/** The cells of each movement of a transaction: what it paid, and the fee that the chain took. */
function movementsOf(row: ListedMovement, { network, wallet }: Around): string[][] {
  if (row.paid === null) return []
  const effects = readable(() => effectsOf(row))
  const inputs = readable(() => decisionOf(row).inputs)
  const prices = { ...inputs?.lastPrices, ...inputs?.prices }
  const native = network ? nativeAsset(network) : (effects?.fee.asset ?? '')
  const units = unitsOf(row, effects?.fee.asset, network)
  const fee: Movement = { kind: 'fee', to: '', asset: native, amount: parseBase(row.paid), unit: units(native) }
  const paid = row.status === 'CONFIRMED' ? paymentsOf(row, effects, units) : []
  const labels = readable(() => labelsOf(row))
  return [...paid, fee].map((movement) => {
    const { amount, unit } = movement
    const cells: Record<Column, string> = {
      time: new Date(row.created_at).toISOString(),
      transaction: row.id,
      ...{ wallet, network: row.network, status: row.status, kind: movement.kind, to: movement.to },
      ...{ asset: movement.asset, symbol: unit?.symbol ?? '' },
      amount: amount === null || !unit ? '' : formatUnits(amount, unit.decimals),
      base_units: amount === null ? '' : String(amount),
      usd: movement.usd ?? dollars(prices, movement.asset, amount),
      hash: row.tx_hash ?? '',
      labels: labels ? labelTexts(labels).join(' ') : '',
    }
    return MOVEMENT_COLUMNS.map((column) => cells[column])
  })
}

/** What its effects say, or what was kept of them; of what nothing was kept of, the dollars of all that left. */
function paymentsOf(row: ListedMovement, effects: Effects | null, units: AssetUnits): Movement[] {
  if (effects) return movedBy(effects).map((moved) => ({ ...moved, unit: units(moved.asset) }))
  const kept = readable(() => keptIn(row.movements))
  if (!kept) {
    const usd = row.amount_usd === null ? '' : usdText(parseMicros(row.amount_usd))
    return [{ kind: 'not kept', to: row.to_address ?? '', asset: '', amount: null, unit: undefined, usd }]
  }
  return kept
}

/** At the price of its decision, rounded up; nothing where there was none. */
function dollars(prices: Prices, asset: string, amount: Base | null): string {
  const price = prices[assetKey(asset)]
  if (amount === null || !price) return ''
  const usdMicros = toUnitPrice(BigInt(price.usdMicros))
  return usdText(usdCost(amount, { usdMicros, decimals: price.decimals }))
}

type Read = { readonly filter: ListFilter; readonly limit: number; walletName(id: string): Promise<string | null> }

/** A page of what has left wallets, newest first; a page may be of transactions that moved nothing. */
export async function movementPage({ database, findNetwork }: ServiceParts, { filter, limit, walletName }: Read) {
  const found = await database.read((db) => listStore.withMovements(db, { ...filter, statuses: MOVING }, limit + 1))
  const rows = found.slice(0, limit)
  const names = new Map<string, string>()
  for (const id of new Set(rows.map((row) => row.wallet_id))) names.set(id, (await walletName(id)) ?? id)
  const lines = await inPieces(rows, (piece) =>
    piece.flatMap((row) =>
      movementsOf(row, { network: findNetwork(row.network), wallet: names.get(row.wallet_id)! }).map(csvLine),
    ),
  )
  const hasMore = found.length > rows.length
  return {
    header: csvLine(MOVEMENT_COLUMNS),
    csv: lines.join(''),
    movements: lines.length,
    nextCursor: hasMore ? rows.at(-1)!.id : null,
    hasMore,
  }
}
