import { groupReader, type Handle, type NoParams, statement } from '../platform/db/database.ts'

export type KillSwitchState = 'ACTIVE' | 'SUSPENDED' | 'LOCKED'
export type KillSwitchRow = {
  id: number
  state: KillSwitchState
  epoch: number
  /** How often it has moved, or all was restored: unlike the epoch, the stop of one wallet leaves it. */
  era: number
  activated_at: number | null
  activated_by: string | null
  locked_at: number | null
}

/** The one that runs; there is none otherwise. In milliseconds. */
export type RecoveryRow = { id: number; started_at: number; opens_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    kill_switch: KillSwitchRow
    recoveries: RecoveryRow
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
const swap = statement<Swap & { moves: number }>((db, p) =>
  db
    .updateTable('kill_switch')
    .set((eb) => ({
      state: p('to'),
      epoch: eb('epoch', '+', 1),
      activated_at: p('at'),
      activated_by: p('by'),
      locked_at: p('lockedAt'),
      era: eb('era', '+', p('moves')),
    }))
    .where('id', '=', 1)
    .where('state', '=', p('from')),
)

const nextEra = statement<NoParams>((db) =>
  db
    .updateTable('kill_switch')
    .set((eb) => ({ era: eb('era', '+', 1) }))
    .where('id', '=', 1),
)
const recovery = statement<NoParams, RecoveryRow>((db) => db.selectFrom('recoveries').selectAll().where('id', '=', 1))
const startRecovery = statement<Omit<RecoveryRow, 'id'>>((db, p) =>
  db
    .insertInto('recoveries')
    .values({ id: 1, started_at: p('started_at'), opens_at: p('opens_at') })
    .onConflict((on) => on.column('id').doNothing()),
)
const endRecovery = statement<NoParams>((db) => db.deleteFrom('recoveries'))

const readRow = groupReader(async (db) => (await db.get(read))!)

export const killSwitchStore = {
  read: (db: Handle) => readRow(db, ''),
  recovery: (db: Handle) => db.get(recovery),
  /** False when one runs. */
  startRecovery: async (db: Handle, row: Omit<RecoveryRow, 'id'>) => (await db.run(startRecovery, row)).changes === 1,
  /** False when none runs. */
  endRecovery: async (db: Handle) => (await db.run(endRecovery)).changes === 1,
  /** False when another caller moved the switch first. */
  swap: async (db: Handle, change: Swap) =>
    (await db.run(swap, { ...change, moves: change.from === change.to ? 0 : 1 })).changes === 1,
  nextEra: (db: Handle) => db.run(nextEra),
}
