import type { ExpressionBuilder } from 'kysely'
import type { Handle } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'
import type { Status } from './states.ts'
import { type TransactionRow, wholeRows } from './store.ts'

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
    db.query<TransactionRow>((kysely) =>
      wholeRows(kysely)
        .where(matching(filter))
        .orderBy('transactions.id', 'desc')
        .limit(limit)
        .offset(filter.offset ?? 0),
    ),
  /** All of them, whatever `before` says. */
  count: async (db: Handle, filter: ListFilter) => {
    const rows = await db.query<{ count: number }>((kysely) =>
      kysely
        .selectFrom('transactions')
        .where(matching({ ...filter, before: undefined }))
        .select((eb) => eb.fn.countAll<number>().as('count')),
    )
    return rows[0]?.count ?? 0
  },
}

const matching = (filter: ListFilter) => (eb: ExpressionBuilder<Tables, 'transactions'>) => {
  const { walletIds, statuses, type, network, since, until, search, before } = filter
  const all = []
  if (walletIds) all.push(eb('wallet_id', 'in', [...walletIds]))
  if (statuses) all.push(eb('status', 'in', [...statuses]))
  if (type) all.push(eb('type', '=', type))
  if (network) all.push(eb('network', '=', network))
  if (since !== undefined) all.push(eb('created_at', '>=', since))
  if (until !== undefined) all.push(eb('created_at', '<=', until))
  if (search) all.push(eb.or([eb('tx_hash', 'like', `%${search}%`), eb('to_address', 'like', `%${search}%`)]))
  if (before) all.push(eb('transactions.id', '<', before))
  return eb.and(all)
}
