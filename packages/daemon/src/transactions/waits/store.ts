import type { Handle } from '../../platform/db/database.ts'
import type { HeadRow } from '../rows/transaction-row.ts'
import { overBecause, stoppedAt } from '../stopping/stop-store.ts'

/** As much of a transaction as whoever waits for it has to know; its status is what is shown of it. */
export type Followed = Pick<HeadRow, 'id' | 'plan_id' | 'wallet_id' | 'session_id' | 'status' | 'lane' | 'tx_hash'> & {
  /** When the newest stop that covers it was asked for. */
  stopped_at: number | null
}

/** All that is waited for, in one query: transactions, and the steps of plans. */
export async function followed(
  db: Handle,
  ids: readonly string[],
  plans: readonly string[],
): Promise<readonly Followed[]> {
  if (ids.length + plans.length === 0) return []
  const rows = await db.query<Followed & { over: string | null }>((kysely) =>
    kysely
      .selectFrom('transactions')
      .select(['id', 'plan_id', 'wallet_id', 'session_id', 'status', 'lane', 'tx_hash'])
      .select((eb) => [overBecause(eb).as('over'), stoppedAt(eb).as('stopped_at')])
      .where((eb) =>
        eb.or([
          ...(ids.length > 0 ? [eb('id', 'in', [...ids])] : []),
          ...(plans.length > 0 ? [eb('plan_id', 'in', [...plans])] : []),
        ]),
      ),
  )
  return rows.map(({ over, ...row }) => (over === null ? row : { ...row, status: 'CANCELLED', tx_hash: null }))
}
