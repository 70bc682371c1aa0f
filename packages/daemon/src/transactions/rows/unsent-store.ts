import type { ExpressionBuilder } from 'kysely'
import type { NoParams } from '../../platform/db/database.ts'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import { type TransactionRow, wholeRows } from './store.ts'

/** Submitted, with signed bytes that certainly have not left. */
const isUnsent = (eb: ExpressionBuilder<Tables, 'transactions'>) =>
  eb.and([
    eb('status', '=', 'SUBMITTED'),
    eb.exists(
      eb
        .selectFrom('attempts')
        .select('attempts.id')
        .whereRef('attempts.transaction_id', '=', 'transactions.id')
        .where('attempts.state', '=', 'recorded')
        .where('attempts.left_at', 'is', null),
    ),
  ])

const unsignedOf = statement<{ wallet: string }, TransactionRow>((db, p) =>
  wholeRows(db)
    .where('wallet_id', '=', p('wallet'))
    .where('status', 'in', ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING']),
)
const walletsWithUnsigned = statement<NoParams, { wallet_id: string }>((db) =>
  db
    .selectFrom('transactions')
    .select('wallet_id')
    .distinct()
    .where('status', 'in', ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING']),
)
const signedUnsentOf = statement<{ wallet: string }, TransactionRow>((db, p) =>
  wholeRows(db).where(isUnsent).where('wallet_id', '=', p('wallet')),
)
const walletsWithSignedUnsent = statement<NoParams, { wallet_id: string }>((db) =>
  db.selectFrom('transactions').select('wallet_id').distinct().where(isUnsent),
)

/** Transactions of which no byte has left: all that is unsigned, or has signed bytes that never left. */
export const unsentStore = {
  /** What a stop of the wallet still reaches. */
  ofWallet: async (db: Handle, wallet: string): Promise<TransactionRow[]> => [
    ...(await db.all(unsignedOf, { wallet })),
    ...(await db.all(signedUnsentOf, { wallet })),
  ],
  wallets: async (db: Handle): Promise<string[]> => {
    const rows = [...(await db.all(walletsWithUnsigned)), ...(await db.all(walletsWithSignedUnsent))]
    return [...new Set(rows.map((row) => row.wallet_id))]
  },
}
