import type { ExpressionBuilder } from 'kysely'
import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import { UNSIGNED } from './states.ts'
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

const isUnsigned = (eb: ExpressionBuilder<Tables, 'transactions'>) => eb('status', 'in', [...UNSIGNED])

type Matching = typeof isUnsent | typeof isUnsigned
const ofWallet = (matching: Matching) =>
  statement<{ wallet: string }, TransactionRow>((db, p) =>
    wholeRows(db).where(matching).where('wallet_id', '=', p('wallet')),
  )
const wallets = (matching: Matching) =>
  statement<NoParams, { wallet_id: string }>((db) =>
    db.selectFrom('transactions').select('wallet_id').distinct().where(matching),
  )
const unsigned = { ofWallet: ofWallet(isUnsigned), wallets: wallets(isUnsigned) }
const signed = { ofWallet: ofWallet(isUnsent), wallets: wallets(isUnsent) }

/** Transactions of which no byte has left: all that is unsigned, or has signed bytes that never left. */
export const unsentStore = {
  /** What a stop of the wallet still reaches. */
  ofWallet: async (db: Handle, wallet: string): Promise<TransactionRow[]> => [
    ...(await db.all(unsigned.ofWallet, { wallet })),
    ...(await db.all(signed.ofWallet, { wallet })),
  ],
  wallets: async (db: Handle): Promise<string[]> => {
    const rows = [...(await db.all(unsigned.wallets)), ...(await db.all(signed.wallets))]
    return [...new Set(rows.map((row) => row.wallet_id))]
  },
}
