import { newId } from '@waiaas/contract'
import { type Handle, statement } from '../../platform/db/database.ts'
import { type DueRow, unleased } from '../../platform/due-rows.ts'

/** Why people are told of what waits: it is new, half of its time is over, all but a tenth is, or it ended unanswered. */
export type NoticeReason = 'waits' | 'half' | 'last' | 'expired'
/** Somebody is to be told; without an address whoever is on a channel, each by a row of their own. */
export type NoticeRow = DueRow & {
  transaction_id: string
  why: NoticeReason
  channel: string | null
  address: string | null
  tries: number
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    approval_notices: NoticeRow
  }
}

const insert = statement<NoticeRow>((db, p) =>
  db
    .insertInto('approval_notices')
    .values({
      ...{ id: p('id'), transaction_id: p('transaction_id'), why: p('why'), channel: p('channel') },
      ...{ address: p('address'), tries: p('tries'), due_at: p('due_at') },
      ...{ lease_owner: p('lease_owner'), lease_until: p('lease_until') },
    })
    .onConflict((on) => on.doNothing()),
)
const byId = statement<{ id: string }, NoticeRow>((db, p) =>
  db.selectFrom('approval_notices').selectAll().where('id', '=', p('id')),
)
const tried = statement<{ id: string }>((db, p) =>
  db
    .updateTable('approval_notices')
    .set((eb) => ({ tries: eb('tries', '+', 1) }))
    .where('id', '=', p('id')),
)
type At = { channel: string; address: string }
const newOf = statement<At, { count: number }>((db, p) =>
  db
    .selectFrom('approval_notices')
    .innerJoin('transactions', 'transactions.id', 'approval_notices.transaction_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('channel', '=', p('channel'))
    .where('address', '=', p('address'))
    .where('why', '=', 'waits')
    .where('transactions.status', '=', 'QUEUED'),
)
const dropOf = statement<At & { id: string }>((db, p) =>
  db
    .deleteFrom('approval_notices')
    .where('channel', '=', p('channel'))
    .where('address', '=', p('address'))
    .where('why', '=', 'waits')
    .where('id', '<>', p('id')),
)

/** What people are still to be told, in the database until it is. */
export const noticeStore = {
  /** In the job of what it tells of. */
  add: (db: Handle, { transaction, why, at }: { transaction: string; why: NoticeReason; at: number }) =>
    db.run(insert, {
      ...{ id: newId(at), transaction_id: transaction, why, channel: null, address: null, tries: 0, due_at: at },
      ...unleased,
    }),
  /** The same for one address; once, however often it is said. */
  addFor: (db: Handle, { id, ...row }: NoticeRow, { channel, address }: At) =>
    db.run(insert, { ...row, ...unleased, id: `${id}:${channel}:${address}`, channel, address, tries: 0 }),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  tried: (db: Handle, id: string) => db.run(tried, { id }),
  /** How many new ones one address is still to be told of; what has been answered meanwhile is none. */
  newOf: async (db: Handle, at: At) => (await db.get(newOf, at))?.count ?? 0,
  /** They are told of together, by the one that is named. */
  dropOthers: (db: Handle, id: string, at: At) => db.run(dropOf, { ...at, id }),
}
