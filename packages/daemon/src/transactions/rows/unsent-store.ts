import { type ExpressionBuilder, sql } from 'kysely'
import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import { type Status, UNSIGNED } from './states.ts'
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

/** States of what a stop still reaches. Of those that are submitted, only what certainly has not left. */
export const UNSENT = [
  'SUBMITTED',
  'EXECUTING',
  'QUEUED',
  'GAS_WAITING',
  'PENDING',
] as const satisfies readonly Status[]
type UnsentState = (typeof UNSENT)[number]
export type Head = Pick<TransactionRow, 'id' | 'wallet_id' | 'session_id' | 'epoch'>
type Page = { after: string; count: number }
const heads = (state: UnsentState) =>
  statement<Page, Head>((db, p) => {
    const all = db
      .selectFrom('transactions')
      .select(['id', 'wallet_id', 'session_id', 'epoch'])
      .where('status', '=', sql.lit(state))
    const reached = state === 'SUBMITTED' ? all.where(isUnsent) : all
    return reached.where('id', '>', p('after')).orderBy('id').limit(p('count'))
  })
const headsIn = {
  SUBMITTED: heads('SUBMITTED'),
  EXECUTING: heads('EXECUTING'),
  QUEUED: heads('QUEUED'),
  GAS_WAITING: heads('GAS_WAITING'),
  PENDING: heads('PENDING'),
} satisfies Record<UnsentState, unknown>

/** Transactions of which no byte has left: all that is unsigned, or has signed bytes that never left. */
export const unsentStore = {
  /** What a stop of the wallet still reaches. */
  ofWallet: async (db: Handle, wallet: string): Promise<TransactionRow[]> => [
    ...(await db.all(unsigned.ofWallet, { wallet })),
    ...(await db.all(signed.ofWallet, { wallet })),
  ],
  /** Of all wallets, in the order of their ids. */
  heads: (db: Handle, state: UnsentState, page: Page) => db.all(headsIn[state], page),
  wallets: async (db: Handle): Promise<string[]> => {
    const rows = [...(await db.all(unsigned.wallets)), ...(await db.all(signed.wallets))]
    return [...new Set(rows.map((row) => row.wallet_id))]
  },
}
