import type { Lift } from '../../gate/service.ts'
import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'

type LiftRow = Lift & { transaction_id: string; lane: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    lifts: LiftRow
  }
}

const ofLane = statement<{ lane: string }, LiftRow>((db, p) =>
  db.selectFrom('lifts').selectAll().where('lane', '=', p('lane')),
)
const standing = statement<{ transaction: string; now: number }, { until: number }>((db, p) =>
  db.selectFrom('lifts').select('until').where('transaction_id', '=', p('transaction')).where('until', '>', p('now')),
)
const set = statement<LiftRow>((db, p) =>
  db
    .insertInto('lifts')
    .values({
      ...{ transaction_id: p('transaction_id'), lane: p('lane') },
      ...{ text: p('text'), seal: p('seal'), until: p('until') },
    })
    .onConflict((on) =>
      on.column('transaction_id').doUpdateSet({ text: p('text'), seal: p('seal'), until: p('until') }),
    ),
)
const remove = statement<{ transaction: string }>((db, p) =>
  db.deleteFrom('lifts').where('transaction_id', '=', p('transaction')),
)
const removeAll = statement<NoParams>((db) => db.deleteFrom('lifts'))
const forgetOld = statement<{ now: number }>((db, p) => db.deleteFrom('lifts').where('until', '<=', p('now')))

/** What lets transactions pass above the ceiling of their wallet, as the signer sealed it: until they are over, or it is. */
export const liftStore = {
  ofLane: (db: Handle, lane: string) => db.all(ofLane, { lane }),
  /** Has it one that is still good? */
  has: async (db: Handle, transaction: string, now: number) =>
    (await db.get(standing, { transaction, now })) !== undefined,
  async set(db: Handle, row: LiftRow, now: number): Promise<void> {
    await db.run(forgetOld, { now })
    await db.run(set, row)
  },
  removeAll: (db: Handle) => db.run(removeAll),
  remove: (db: Handle, transaction: string) => db.run(remove, { transaction }),
}
