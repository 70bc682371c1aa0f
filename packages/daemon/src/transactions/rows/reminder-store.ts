import { type Handle, statement } from '../../platform/db/database.ts'

/** Of an approval that is awaited from then to then; `due_at` is when somebody is reminded next. In milliseconds of the latest that it may be. */
export type ReminderRow = { transaction_id: string; since: number; until: number; due_at: number }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    approval_reminders: ReminderRow
  }
}

const insert = statement<ReminderRow>((db, p) =>
  db
    .insertInto('approval_reminders')
    .values({ transaction_id: p('transaction_id'), since: p('since'), until: p('until'), due_at: p('due_at') })
    .onConflict((on) =>
      on.column('transaction_id').doUpdateSet({ since: p('since'), until: p('until'), due_at: p('due_at') }),
    ),
)
const due = statement<{ now: number; count: number }, ReminderRow>((db, p) =>
  db.selectFrom('approval_reminders').selectAll().where('due_at', '<=', p('now')).orderBy('due_at').limit(p('count')),
)
type Seen = { id: string; seen: number }
const put = statement<Seen & { due: number }>((db, p) =>
  db
    .updateTable('approval_reminders')
    .set({ due_at: p('due') })
    .where('transaction_id', '=', p('id'))
    .where('due_at', '=', p('seen')),
)
const remove = statement<Seen>((db, p) =>
  db.deleteFrom('approval_reminders').where('transaction_id', '=', p('id')).where('due_at', '=', p('seen')),
)

/** At half of the time, and when a tenth of it is left. */
const halfOf = ({ since, until }: Pick<ReminderRow, 'since' | 'until'>): number =>
  since + Math.floor((until - since) / 2)
const lastOf = ({ since, until }: Pick<ReminderRow, 'since' | 'until'>): number =>
  until - Math.floor((until - since) / 10)

export const reminderStore = {
  /** Somebody is to approve it until then. */
  arm: (db: Handle, id: string, time: { since: number; until: number }) =>
    db.run(insert, { transaction_id: id, ...time, due_at: halfOf(time) }),
  due: (db: Handle, latest: number, count: number) => db.all(due, { now: latest, count }),
  /** Takes a reminder that is due, once: which it is, or undefined where somebody else was faster. */
  async take(db: Handle, row: ReminderRow, latest: number): Promise<'half' | 'last' | undefined> {
    const seen = { id: row.transaction_id, seen: row.due_at }
    const last = lastOf(row)
    const isLast = latest >= last
    const { changes } = isLast ? await db.run(remove, seen) : await db.run(put, { ...seen, due: last })
    if (changes !== 1) return undefined
    return isLast ? 'last' : 'half'
  },
  /** Nobody waits for it any more. */
  drop: (db: Handle, row: ReminderRow) => db.run(remove, { id: row.transaction_id, seen: row.due_at }),
}
