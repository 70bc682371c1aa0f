import { type Handle, statement } from '../../platform/db/database.ts'
import type { DueRow } from '../../platform/due-rows.ts'

/** All that a wallet holds, sent to one address. Of a wallet one is RUNNING at most. */
export type SweepRow = {
  id: string
  wallet_id: string
  to_address: string
  status: 'RUNNING' | 'DONE' | 'CANCELLED' | 'STOPPED'
  created_at: number
  updated_at: number
  /** The owner who signed for all of it, whose approval each step has. */
  agreed_by: string | null
  /** When enough owners had; null of those of before that was kept. */
  agreed_at: number | null
  /** JSON of the ids of the networks that they signed for, in order. */
  agreed_networks: string | null
  /** Of one that the operator asked for: who owned the wallet, all of whom had agreed. Null where nobody had verified. */
  agreed_set: string | null
}
/** One asset on one network. */
export type StepRow = {
  sweep_id: string
  step: number
  network: string
  asset: string
  symbol: string
  decimals: number
  /** JSON of the token; null: native currency, which goes last. */
  token: string | null
  /** Of its newest transaction. */
  amount: string | null
  /** How many transactions it has had. */
  tries: number
  transaction_id: string | null
  /** Why it has none, and will have none. */
  error: string | null
}
/** A network on which a sweep has something to do. */
type WorkRow = DueRow & { sweep_id: string; network: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    sweeps: SweepRow
    sweep_steps: StepRow
    sweep_work: WorkRow
  }
}

const insert = statement<SweepRow>((db, p) =>
  db.insertInto('sweeps').values({
    id: p('id'),
    wallet_id: p('wallet_id'),
    to_address: p('to_address'),
    status: p('status'),
    created_at: p('created_at'),
    updated_at: p('updated_at'),
    agreed_by: p('agreed_by'),
    agreed_at: p('agreed_at'),
    agreed_networks: p('agreed_networks'),
    agreed_set: p('agreed_set'),
  }),
)
const insertStep = statement<StepRow>((db, p) =>
  db.insertInto('sweep_steps').values({
    sweep_id: p('sweep_id'),
    step: p('step'),
    network: p('network'),
    asset: p('asset'),
    symbol: p('symbol'),
    decimals: p('decimals'),
    token: p('token'),
    amount: p('amount'),
    tries: p('tries'),
    transaction_id: p('transaction_id'),
    error: p('error'),
  }),
)
const insertWork = statement<WorkRow>((db, p) =>
  db.insertInto('sweep_work').values({
    id: p('id'),
    sweep_id: p('sweep_id'),
    network: p('network'),
    due_at: p('due_at'),
    lease_owner: p('lease_owner'),
    lease_until: p('lease_until'),
  }),
)
const byId = statement<{ id: string }, SweepRow>((db, p) =>
  db.selectFrom('sweeps').selectAll().where('id', '=', p('id')),
)
const running = statement<{ wallet: string }, { id: string }>((db, p) =>
  db.selectFrom('sweeps').select('id').where('wallet_id', '=', p('wallet')).where('status', '=', 'RUNNING'),
)
const steps = statement<{ id: string }, StepRow>((db, p) =>
  db.selectFrom('sweep_steps').selectAll().where('sweep_id', '=', p('id')).orderBy('step'),
)
const work = statement<{ id: string }, WorkRow>((db, p) =>
  db.selectFrom('sweep_work').selectAll().where('id', '=', p('id')),
)
type End = { id: string; status: SweepRow['status']; at: number }
const end = statement<End>((db, p) =>
  db
    .updateTable('sweeps')
    .set({ status: p('status'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', 'RUNNING'),
)
const stopAll = statement<{ at: number }>((db, p) =>
  db
    .updateTable('sweeps')
    .set({ status: 'STOPPED', updated_at: p('at') })
    .where('status', '=', 'RUNNING'),
)
const stopOf = statement<{ wallet: string; at: number }>((db, p) =>
  db
    .updateTable('sweeps')
    .set({ status: 'STOPPED', updated_at: p('at') })
    .where('wallet_id', '=', p('wallet'))
    .where('status', '=', 'RUNNING'),
)
type Started = { id: string; step: number; transaction: string; amount: string }
const start = statement<Started>((db, p) =>
  db
    .updateTable('sweep_steps')
    .set((eb) => ({ transaction_id: p('transaction'), amount: p('amount'), tries: eb('tries', '+', 1) }))
    .where('sweep_id', '=', p('id'))
    .where('step', '=', p('step'))
    .where('transaction_id', 'is', null)
    .where('error', 'is', null),
)
const again = statement<{ id: string; step: number; transaction: string }>((db, p) =>
  db
    .updateTable('sweep_steps')
    .set({ transaction_id: null })
    .where('sweep_id', '=', p('id'))
    .where('step', '=', p('step'))
    .where('transaction_id', '=', p('transaction')),
)
const leave = statement<{ id: string; step: number; why: string }>((db, p) =>
  db
    .updateTable('sweep_steps')
    .set({ error: p('why') })
    .where('sweep_id', '=', p('id'))
    .where('step', '=', p('step'))
    .where('transaction_id', 'is', null)
    .where('error', 'is', null),
)

const removeWork = statement<{ id: string }>((db, p) => db.deleteFrom('sweep_work').where('id', '=', p('id')))
const openWork = statement<{ sweep: string }, { id: string }>((db, p) =>
  db.selectFrom('sweep_work').select('id').where('sweep_id', '=', p('sweep')),
)

export const sweepStore = {
  insert: (db: Handle, row: SweepRow) => db.run(insert, row),
  insertStep: (db: Handle, row: StepRow) => db.run(insertStep, row),
  insertWork: (db: Handle, row: WorkRow) => db.run(insertWork, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** Of a wallet. */
  running: async (db: Handle, wallet: string) => (await db.get(running, { wallet }))?.id,
  /** In their order. */
  steps: (db: Handle, id: string) => db.all(steps, { id }),
  work: (db: Handle, id: string) => db.get(work, { id }),
  /** False when it was over already. */
  end: async (db: Handle, ending: End) => (await db.run(end, ending)).changes === 1,
  /** Part of a stop: nothing more of these sweeps is started. */
  stop: (db: Handle, wallet: string | undefined, at: number) =>
    wallet === undefined ? db.run(stopAll, { at }) : db.run(stopOf, { wallet, at }),
  /** False when it has a transaction already, or is left. */
  start: async (db: Handle, started: Started) => (await db.run(start, started)).changes === 1,
  /** Its transaction came to nothing, and it may have another one. */
  again: (db: Handle, step: { id: string; step: number; transaction: string }) => db.run(again, step),
  /** Of a network on which nothing is left to do; of how many others of its sweep there is something. */
  async finishWork(db: Handle, { id, sweep }: { id: string; sweep: string }): Promise<number> {
    await db.run(removeWork, { id })
    return (await db.all(openWork, { sweep })).length
  },
  leave: (db: Handle, step: { id: string; step: number; why: string }) => db.run(leave, step),
}
