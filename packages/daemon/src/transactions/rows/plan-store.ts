import { sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import { isStopped } from '../stopping/stop-store.ts'
import { type TransactionRow, wholeRows } from './store.ts'

const steps = statement<{ plan: string }, TransactionRow>((db, p) =>
  wholeRows(db).where('plan_id', '=', p('plan')).orderBy('plan_step'),
)
/** Once with each status, for which there is an index. */
const overdue = (status: 'PENDING' | 'QUEUED') =>
  statement<{ now: number; count: number }, TransactionRow>((db, p) =>
    wholeRows(db)
      .where('status', '=', sql.lit(status))
      .where('plan_until', '<=', p('now'))
      .where((eb) => eb.not(isStopped(eb)))
      .limit(p('count')),
  )
const [pending, queued] = [overdue('PENDING'), overdue('QUEUED')]
type Approval = { plan: string; by: string; usd: string | null; at: number }
const approve = statement<Approval>((db, p) =>
  db
    .updateTable('transactions')
    .set((eb) => ({
      status: 'PENDING',
      approved_at: p('at'),
      approved_by: p('by'),
      approved_usd: p('usd'),
      fee_bound: eb.ref('max_fee'),
      approval_expires_at: null,
      updated_at: p('at'),
    }))
    .where('plan_id', '=', p('plan'))
    .where('status', 'in', ['QUEUED', 'PENDING']),
)
const serve = statement<{ plan: string; at: number }>((db, p) =>
  db
    .updateTable('transactions')
    .set({ served_delay: 1, updated_at: p('at') })
    .where('plan_id', '=', p('plan'))
    .where('status', '=', 'PENDING'),
)

/** The steps of plans, which are transactions like any other. */
export const planStore = {
  /** In their order. */
  steps: (db: Handle, plan: string) => db.all(steps, { plan }),
  /** Unsigned, although the time of their plan is over. */
  overdue: async (db: Handle, now: number, count: number) => [
    ...(await db.all(pending, { now, count })),
    ...(await db.all(queued, { now, count })),
  ],
  /** What is not signed of a plan may go on; the fee of each was shown, and is approved with it. */
  approve: (db: Handle, approval: Approval) => db.run(approve, approval),
  /** The delay of one step was that of all. */
  serve: (db: Handle, served: { plan: string; at: number }) => db.run(serve, served),
}
