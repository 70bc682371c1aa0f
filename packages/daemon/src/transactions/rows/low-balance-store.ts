import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'
import { won } from './store.ts'

/** A lane that has little left for fees; `fee` is the last that it paid, in native base units. */
export type LowBalanceRow = {
  lane: string
  wallet_id: string
  network: string
  address: string
  fee: string
  created_at: number
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    low_balances: LowBalanceRow
  }
}

const insert = statement<LowBalanceRow>((db, p) =>
  db
    .insertInto('low_balances')
    .values({
      lane: p('lane'),
      wallet_id: p('wallet_id'),
      network: p('network'),
      address: p('address'),
      fee: p('fee'),
      created_at: p('created_at'),
    })
    .onConflict((on) => on.column('lane').doNothing()),
)
const all = statement<NoParams, LowBalanceRow>((db) => db.selectFrom('low_balances').selectAll().orderBy('lane'))
const remove = statement<{ lane: string }>((db, p) => db.deleteFrom('low_balances').where('lane', '=', p('lane')))

export const lowBalanceStore = {
  /** False when it is known already. */
  insert: async (db: Handle, row: LowBalanceRow) => won(await db.run(insert, row)),
  all: (db: Handle) => db.all(all),
  remove: (db: Handle, lane: string) => db.run(remove, { lane }),
}
