import { type ExpressionBuilder, sql } from 'kysely'
import type { Actor } from '../../platform/caller.ts'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import type { DueRow } from '../../platform/due-rows.ts'
import { UNSIGNED } from '../rows/states.ts'

/** A stop of which not all has been ended yet. It covers what was accepted under an earlier epoch, where null is any. */
export type StopRow = DueRow & {
  at: number
  epoch: number
  wallet_id: string | null
  session_id: string | null
  /** Why it ends transactions. */
  error: string
  code: string
  actor: Actor
  /** How many it has ended so far. */
  cancelled: number
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    stops: StopRow
  }
}

const insert = statement<StopRow>((db, p) =>
  db.insertInto('stops').values({
    id: p('id'),
    at: p('at'),
    epoch: p('epoch'),
    wallet_id: p('wallet_id'),
    session_id: p('session_id'),
    error: p('error'),
    code: p('code'),
    actor: p('actor'),
    cancelled: p('cancelled'),
    due_at: p('due_at'),
    lease_owner: p('lease_owner'),
    lease_until: p('lease_until'),
  }),
)
const byId = statement<{ id: string }, StopRow>((db, p) => db.selectFrom('stops').selectAll().where('id', '=', p('id')))
const count = statement<{ id: string; more: number }>((db, p) =>
  db
    .updateTable('stops')
    .set((eb) => ({ cancelled: eb('cancelled', '+', p('more')) }))
    .where('id', '=', p('id')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('stops').where('id', '=', p('id')))

type Within = ExpressionBuilder<Tables, 'transactions'>
type Covered = Pick<Tables['transactions'], 'wallet_id' | 'session_id' | 'epoch'>

/** The stops that cover a transaction of the query around. */
const coveringStops = (eb: Within) =>
  eb
    .selectFrom('stops')
    .whereRef('transactions.epoch', '<', 'stops.epoch')
    .where((of) =>
      of.and([
        of.or([of('stops.wallet_id', 'is', null), of('stops.wallet_id', '=', of.ref('transactions.wallet_id'))]),
        of.or([of('stops.session_id', 'is', null), of('stops.session_id', '=', of.ref('transactions.session_id'))]),
      ]),
    )

/** When the newest stop that covers it was asked for; null: none does. */
export const stoppedAt = (eb: Within) => coveringStops(eb).select((of) => of.fn.max('stops.at').as('at'))

/** As `coveringStops`, of rows that were read. */
export const isCovered = (stop: StopRow, row: Covered): boolean =>
  row.epoch < stop.epoch &&
  (stop.wallet_id === null || stop.wallet_id === row.wallet_id) &&
  (stop.session_id === null || stop.session_id === row.session_id)

/** A stop covers the transaction of the query around. */
export const isStopped = (eb: Within) => eb.exists(coveringStops(eb).select('stops.id'))

/** The epoch of the newest stop of everything, or of all of this wallet; 0 when there is none. */
export const newestStop = (eb: Within, wallet: string) =>
  eb
    .selectFrom('stops')
    .select((of) => of.fn.coalesce(of.fn.max('stops.epoch'), sql.lit(0)).as('epoch'))
    .where('stops.session_id', 'is', null)
    .where((of) => of.or([of('stops.wallet_id', 'is', null), of('stops.wallet_id', '=', wallet)]))

/** Some of its bytes may have left, so that no stop ends it. */
const hasLeft = (eb: Within) =>
  eb.exists(
    eb
      .selectFrom('attempts')
      .select('attempts.id')
      .whereRef('attempts.transaction_id', '=', 'transactions.id')
      .where('attempts.state', 'in', ['recorded', 'included', 'final'])
      .where((of) => of.or([of('attempts.state', '<>', 'recorded'), of('attempts.left_at', 'is not', null)])),
  )

/** A stop has ended it, although its row does not say so yet. */
export const isOver = (eb: Within) =>
  eb.and([
    isStopped(eb),
    eb.or([eb('status', 'in', [...UNSIGNED]), eb.and([eb('status', '=', 'SUBMITTED'), eb.not(hasLeft(eb))])]),
  ])

/** Why it is over; null: no stop has ended it. */
export const overBecause = (eb: Within) =>
  eb.case().when(isOver(eb)).then(coveringStops(eb).select('stops.error').limit(1)).end()

const over = statement<{ id: string }, { id: string }>((db, p) =>
  db.selectFrom('transactions').select('id').where('id', '=', p('id')).where(isOver),
)

export const stopStore = {
  insert: (db: Handle, row: StopRow) => db.run(insert, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** A stop has ended this transaction, although its row does not say so yet. */
  isOver: async (db: Handle, id: string) => (await db.get(over, { id })) !== undefined,
  /** It has ended some more. */
  count: (db: Handle, id: string, more: number) => db.run(count, { id, more }),
  /** False when somebody else has. */
  remove: async (db: Handle, id: string) => (await db.run(remove, { id })).changes === 1,
}
