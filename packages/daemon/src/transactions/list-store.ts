import type { Kysely } from 'kysely'
import type { Handle } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'
import type { Status } from './states.ts'
import type { TransactionRow } from './store.ts'

export type ListFilter = {
  walletIds?: readonly string[] | undefined
  statuses?: readonly Status[] | undefined
  type?: string | undefined
  network?: string | undefined
  since?: number | undefined
  until?: number | undefined
  search?: string | undefined
  before?: string | undefined
  offset?: number | undefined
}

export const listStore = {
  /** Newest first. */
  list: (db: Handle, filter: ListFilter, limit: number) =>
    db.query<TransactionRow>((kysely) => {
      let query = matching(kysely, filter).selectAll()
      if (filter.before) query = query.where('id', '<', filter.before)
      return query
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(filter.offset ?? 0)
    }),
  count: async (db: Handle, filter: ListFilter) => {
    const rows = await db.query<{ count: number }>((kysely) =>
      matching(kysely, filter).select((eb) => eb.fn.countAll<number>().as('count')),
    )
    return rows[0]?.count ?? 0
  },
}

function matching(kysely: Kysely<Tables>, filter: ListFilter) {
  let query = kysely.selectFrom('transactions')
  if (filter.walletIds) query = query.where('wallet_id', 'in', [...filter.walletIds])
  if (filter.statuses) query = query.where('status', 'in', [...filter.statuses])
  if (filter.type) query = query.where('type', '=', filter.type)
  if (filter.network) query = query.where('network', '=', filter.network)
  if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since)
  if (filter.until !== undefined) query = query.where('created_at', '<=', filter.until)
  const { search } = filter
  if (!search) return query
  return query.where((eb) => eb.or([eb('tx_hash', 'like', `%${search}%`), eb('to_address', 'like', `%${search}%`)]))
}
