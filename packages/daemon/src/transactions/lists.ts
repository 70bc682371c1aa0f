import type { Transaction } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { inPieces } from '../platform/turn.ts'
import { laneReasons } from './lane-reasons.ts'
import { movementPage } from './movements.ts'
import type { ServiceParts } from './parts.ts'
import { type ListedRow, type ListFilter, listStore } from './rows/list-store.ts'
import { transactionView } from './views.ts'

type Page = { rows: ListedRow[]; items: Transaction[]; hasMore: boolean }
type MovementPage = { limit: number; walletName(id: string): Promise<string | null> }

/** Transactions as lists show them, the newest first. */
export function lists(parts: ServiceParts) {
  const { database, findNetwork } = parts

  /** Networks may be called by any of their names; rows have their id. */
  const named = ({ network, ...filter }: ListFilter): ListFilter => ({
    ...filter,
    network: network && (findNetwork(network)?.id ?? network),
  })
  const view = (row: ListedRow, reasons: ReadonlyMap<string, string>): Transaction =>
    transactionView(row, findNetwork(row.network), reasons.get(row.lane))

  async function page(limit: number, read: (db: Handle, count: number) => Promise<ListedRow[]>): Promise<Page> {
    const { rows, reasons, hasMore } = await database.read(async (db) => {
      const found = await read(db, limit + 1)
      const rows = found.slice(0, limit)
      return { rows, reasons: await laneReasons(db, rows), hasMore: found.length > limit }
    })
    const items = await inPieces(rows, (piece) => piece.map((row) => view(row, reasons)))
    return { rows, items, hasMore }
  }

  return {
    view,
    list: (filter: ListFilter, limit: number): Promise<Page> =>
      page(limit, (db, count) => listStore.list(db, named(filter), count)),
    ofWallet: (wallet: string, before: string | undefined, limit: number): Promise<Page> =>
      page(limit, (db, count) => listStore.ofWallet(db, { wallet, before, count })),
    count: (filter: ListFilter): Promise<number> => database.read((db) => listStore.count(db, named(filter))),
    /** What has left wallets, as lines of CSV. */
    movements: (filter: ListFilter, more: MovementPage) => movementPage(parts, { filter: named(filter), ...more }),
  }
}
