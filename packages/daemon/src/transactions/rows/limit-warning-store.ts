import { type Handle, statement } from '../../platform/db/database.ts'
import { won } from './store.ts'

/** A limit of which was told that it is nearly used up; unix milliseconds. */
type LimitWarningRow = { id: string; told_at: number }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    limit_warnings: LimitWarningRow
  }
}

const tell = statement<LimitWarningRow & { before: number }>((db, p) =>
  db
    .insertInto('limit_warnings')
    .values({ id: p('id'), told_at: p('told_at') })
    .onConflict((on) =>
      on
        .column('id')
        .doUpdateSet((eb) => ({ told_at: eb.ref('excluded.told_at') }))
        .where('limit_warnings.told_at', '<=', p('before')),
    ),
)
const toldAt = statement<{ id: string }, LimitWarningRow>((db, p) =>
  db.selectFrom('limit_warnings').selectAll().where('id', '=', p('id')),
)
const forget = statement<{ before: number }>((db, p) =>
  db.deleteFrom('limit_warnings').where('told_at', '<', p('before')),
)
type Paying = { wallet_id: string; session_id: string | null; network: string }
const paying = statement<{ first: string; most: number }, Paying>((db, p) =>
  db
    .selectFrom('transactions')
    .select(['wallet_id', 'session_id', 'network'])
    .distinct()
    .where('id', '>', p('first'))
    .where('session_id', 'is not', null)
    .limit(p('most')),
)

/** Which limits were told of. */
export const limitWarningStore = {
  /** Notes that it is told now; false when it was after `before`. */
  tell: async (db: Handle, row: LimitWarningRow & { before: number }) => won(await db.run(tell, row)),
  isToldSince: async (db: Handle, id: string, since: number) => ((await db.get(toldAt, { id }))?.told_at ?? 0) > since,
  forget: (db: Handle, before: number) => db.run(forget, { before }),
  /** Who asked for payments of which wallet, and where, from an id on. */
  paying: (db: Handle, first: string, most: number) => db.all(paying, { first, most }),
}
