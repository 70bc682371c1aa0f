import { groupReader, type Handle, type NoParams, statement } from '../platform/db/database.ts'

export type KillSwitchState = 'ACTIVE' | 'SUSPENDED' | 'LOCKED'
export type KillSwitchRow = {
  id: number
  state: KillSwitchState
  epoch: number
  activated_at: number | null
  activated_by: string | null
  locked_at: number | null
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    kill_switch: KillSwitchRow
  }
}

const read = statement<NoParams, KillSwitchRow>((db) => db.selectFrom('kill_switch').selectAll().where('id', '=', 1))
export type Swap = {
  from: KillSwitchState
  to: KillSwitchState
  at: number | null
  by: string | null
  lockedAt: number | null
}
const swap = statement<Swap>((db, p) =>
  db
    .updateTable('kill_switch')
    .set((eb) => ({
      state: p('to'),
      epoch: eb('epoch', '+', 1),
      activated_at: p('at'),
      activated_by: p('by'),
      locked_at: p('lockedAt'),
    }))
    .where('id', '=', 1)
    .where('state', '=', p('from')),
)

const readRow = groupReader(async (db) => (await db.get(read))!)

export const killSwitchStore = {
  read: (db: Handle) => readRow(db, ''),
  /** False when another caller moved the switch first. */
  swap: async (db: Handle, change: Swap) => (await db.run(swap, change)).changes === 1,
}
