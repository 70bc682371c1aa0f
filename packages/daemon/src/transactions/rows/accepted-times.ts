import { firstIdAt } from '@waiaas/contract'
import type { ExpressionBuilder } from 'kysely'
import type { Handle } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'

type Accepted = {
  of: { wallet: { id: string; account: string } } | { session: string }
  network: string | null
  since: number
  until: number
  without: string | undefined
  count: number
}
/** When requests of a session, or of a wallet and those that had its address before, were accepted; newest first. */
export async function acceptedTimes(db: Handle, query: Accepted): Promise<number[]> {
  const rows = await db.query<{ created_at: number }>((kysely) => {
    let accepted = kysely
      .selectFrom('transactions')
      .select('created_at')
      .where((eb) => whose(eb, query.of))
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

function whose(eb: ExpressionBuilder<Tables, 'transactions'>, of: Accepted['of']) {
  if ('session' in of) return eb('session_id', '=', of.session)
  const { id, account } = of.wallet
  return account === id ? eb('wallet_id', '=', id) : eb('wallet_id', 'in', ofAccount(eb, account))
}

const ofAccount = (eb: ExpressionBuilder<Tables, 'transactions'>, account: string) =>
  eb.selectFrom('wallets').select('wallets.id').where('wallets.account', '=', account)
