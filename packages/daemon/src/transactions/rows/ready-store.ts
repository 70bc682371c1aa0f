import { type ExpressionBuilder, sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import { isStopped, newestStop } from '../stopping/stop-store.ts'
import { wholeRows } from './store.ts'
import type { HeadRow, TransactionRow } from './transaction-row.ts'

type Ready = { readonly lane: string; readonly wallet: string; readonly count: number }

// Where the status is in the text of the query, the index of those that have it serves.
// What a stop of everything or of the wallet covers is older than its epoch: the index steps over all of that at once.
const isReady = (eb: ExpressionBuilder<Tables, 'transactions'>, { lane, wallet }: Omit<Ready, 'count'>) =>
  eb.and([
    eb('transactions.lane', '=', lane),
    eb('transactions.wallet_id', '=', wallet),
    eb('transactions.status', '=', sql.lit('PENDING')),
    eb('transactions.epoch', '>=', newestStop(eb, wallet)),
    eb.not(isStopped(eb)),
    eb.not(waitsForStep(eb)),
  ])

/** A step of a plan before it is not in a block yet, or has failed there. */
const waitsForStep = (eb: ExpressionBuilder<Tables, 'transactions'>) =>
  eb.exists(
    eb
      .selectFrom('transactions as before')
      .select('before.id')
      .whereRef('before.plan_id', '=', 'transactions.plan_id')
      .whereRef('before.plan_step', '<', 'transactions.plan_step')
      .where('before.status', '<>', sql.lit('CONFIRMED')),
  )

const whole = statement<Ready, TransactionRow>((db, p) =>
  wholeRows(db)
    .where((eb) => isReady(eb, { lane: p('lane'), wallet: p('wallet') }))
    .orderBy('transactions.epoch')
    .orderBy('transactions.id')
    .limit(p('count')),
)

/** Whether a request's column may be written after it was accepted; each has an answer, so that none is forgotten. */
const MAY_MOVE = {
  id: true,
  wallet_id: false,
  session_id: false,
  type: false,
  status: true,
  tier: true,
  network: false,
  lane: false,
  request_hash: false,
  to_address: false,
  asset: false,
  amount: false,
  decimals: false,
  symbol: false,
  max_fee: true,
  digest: false,
  policy_version: true,
  epoch: false,
  judged_at: true,
  judged_attempt: true,
  amount_usd: true,
  served_delay: true,
  due_at: true,
  approval_expires_at: true,
  gas_until: true,
  approved_at: true,
  approved_by: true,
  approved_usd: true,
  fee_bound: true,
  highest_fee: true,
  tx_hash: true,
  block_height: true,
  error: true,
  error_code: true,
  wait_reason: true,
  plan_id: false,
  plan_step: false,
  plan_until: false,
  sweep_id: false,
  created_at: false,
  updated_at: true,
} as const satisfies Record<keyof HeadRow, boolean>
type Moving = { [Name in keyof HeadRow as (typeof MAY_MOVE)[Name] extends true ? Name : never]: HeadRow[Name] }
const MOVING = (Object.keys(MAY_MOVE) as (keyof HeadRow)[]).filter((name): name is keyof Moving => MAY_MOVE[name])

const moving = statement<Ready, Moving>((db, p) =>
  db
    .selectFrom('transactions')
    .select(MOVING.map((name) => `transactions.${name}` as const))
    .where((eb) => isReady(eb, { lane: p('lane'), wallet: p('wallet') }))
    .orderBy('transactions.epoch')
    .orderBy('transactions.id')
    .limit(p('count')),
)

/**
 * The row as it is now. Undefined when it was judged meanwhile: only another judgement writes the texts of a request that
 * was accepted, and these columns with them.
 */
function asNow(seen: TransactionRow, now: Moving): TransactionRow | undefined {
  const isSame = seen.judged_at === now.judged_at && seen.judged_attempt === now.judged_attempt
  return isSame ? { ...seen, ...now } : undefined
}

/** The requests of a lane that are next to be signed for its wallet. */
export const readyStore = {
  next: (db: Handle, query: Ready): Promise<TransactionRow[]> => db.all(whole, query),
  /** Those of them that still are, as they are now; what is long and has not changed is not read again. */
  async still(db: Handle, seen: ReadonlyMap<string, TransactionRow>, query: Ready): Promise<TransactionRow[]> {
    const rows = await db.all(moving, query)
    return rows.flatMap((now) => {
      const before = seen.get(now.id)
      return (before && asNow(before, now)) ?? []
    })
  },
}
