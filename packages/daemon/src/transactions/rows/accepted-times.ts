import { firstIdAt } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'

type Accepted = {
  walletId: string
  network: string | null
  since: number
  until: number
  without: string | undefined
  count: number
}
/** When the wallet's requests were accepted, newest first. */
export async function acceptedTimes(db: Handle, query: Accepted): Promise<number[]> {
  const rows = await db.query<{ created_at: number }>((kysely) => {
    let accepted = kysely
      .selectFrom('transactions')
      .select('created_at')
      .where('wallet_id', '=', query.walletId)
      .where('tier', 'is not', null)
      .where('created_at', '>', query.since)
      // Ids begin with the time, so that this ends the search where the window does.
      .where('id', '>', firstIdAt(query.since))
      .where('created_at', '<=', query.until)
    if (query.network) accepted = accepted.where('network', '=', query.network)
    if (query.without) accepted = accepted.where('id', '<>', query.without)
    return accepted.orderBy('id', 'desc').limit(query.count)
  })
  return rows.map((row) => row.created_at)
}
