import { sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import { type TransactionRow, won } from '../rows/store.ts'
import { isStopped } from '../stopping/stop-store.ts'

/** A request that waits for cheaper gas. */
export type GasWaiting = Pick<
  TransactionRow,
  'id' | 'wallet_id' | 'session_id' | 'network' | 'lane' | 'gas_until' | 'gas_condition'
>
type Page = { after: string; count: number }

const waiting = statement<Page, GasWaiting>((db, p) =>
  db
    .selectFrom('transactions')
    .innerJoin('transaction_texts', 'transaction_texts.id', 'transactions.id')
    .select(['transactions.id', 'wallet_id', 'session_id', 'network', 'lane', 'gas_until', 'gas_condition'])
    .where('status', '=', sql.lit('GAS_WAITING'))
    .where('transactions.id', '>', p('after'))
    .where((eb) => eb.not(isStopped(eb)))
    .orderBy('transactions.id')
    .limit(p('count')),
)

type Hold = { id: string; until: number; at: number }
const hold = statement<Hold>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: 'GAS_WAITING', gas_until: p('until'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', 'PENDING'),
)

export const gasStore = {
  /** In the order of their ids. */
  waiting: (db: Handle, page: Page) => db.all(waiting, page),
  /** Gas costs more than it may; false when it waits for its turn no more. */
  hold: async (db: Handle, change: Hold) => won(await db.run(hold, change)),
}
