import type { Decision } from '@waiaas/contract'
import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import { type Handle, type Ids, idsIn, rowsIn, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'
import { OWN_TYPE } from '../kinds/all.ts'
import { isStopped } from '../stopping/stop-store.ts'
import { acceptedTimes } from './accepted-times.ts'
import { insertBeside } from './beside.ts'
import {
  type Execute,
  execute,
  type Judged,
  OWNER,
  type Owner,
  type Requeue,
  requeue,
  requeueTexts,
  setTier,
} from './judged.ts'
import { noticeStore } from './notice-store.ts'
import { reminderStore } from './reminder-store.ts'
import { mayMove, type Status } from './states.ts'
import type { HeadRow, KeptMovements, NewRow, TextRow, TransactionRow } from './transaction-row.ts'
import { waitingStore } from './waiting-store.ts'

export type { NewRow, TransactionRow } from './transaction-row.ts'

/** What only time, approvers and the chain fill in. */
export const unjudged = {
  judged_attempt: null,
  served_delay: 0,
  due_at: null,
  approval_expires_at: null,
  gas_until: null,
  approved_at: null,
  approved_by: null,
  approved_usd: null,
  fee_bound: null,
  highest_fee: null,
  tx_hash: null,
  block_height: null,
  error: null,
  error_code: null,
  wait_reason: null,
} as const satisfies Partial<TransactionRow>

declare module '../../platform/db/tables.ts' {
  interface Tables {
    transactions: HeadRow
    transaction_texts: TextRow & KeptMovements
  }
}

const columns = [
  'id',
  'wallet_id',
  'session_id',
  'type',
  'status',
  'tier',
  'network',
  'lane',
  'request_hash',
  'to_address',
  'asset',
  'amount',
  'decimals',
  'symbol',
  'max_fee',
  'digest',
  'policy_version',
  'epoch',
  'judged_at',
  'judged_attempt',
  'amount_usd',
  'served_delay',
  'due_at',
  'approval_expires_at',
  'gas_until',
  'approved_at',
  'approved_by',
  'approved_usd',
  'fee_bound',
  'highest_fee',
  'tx_hash',
  'block_height',
  'error',
  'error_code',
  'wait_reason',
  'plan_id',
  'plan_step',
  'plan_until',
  'sweep_id',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof HeadRow)[]

const insert = statement<HeadRow>((db, p) =>
  // Every column by its own name; the cast only joins the pairs into one record.
  db.insertInto('transactions').values(Object.fromEntries(columns.map((name) => [name, p(name)])) as HeadRow),
)
const insertTexts = statement<TextRow>((db, p) =>
  db.insertInto('transaction_texts').values({
    id: p('id'),
    request: p('request'),
    labels: p('labels'),
    gas_condition: p('gas_condition'),
    draft: p('draft'),
    hints: p('hints'),
    effects: p('effects'),
    decision: p('decision'),
  }),
)
/** Short rows, beside their texts. */
export const withTexts = (db: Kysely<Tables>) =>
  db
    .selectFrom('transactions')
    .innerJoin('transaction_texts', 'transaction_texts.id', 'transactions.id')
    .selectAll('transactions')
/** Of the judgement in force, which may be with an attempt. */
export const inForce = <Name extends 'decision' | 'draft'>(eb: ExpressionBuilder<Tables, WithTexts>, name: Name) =>
  eb.fn
    .coalesce(
      eb
        .selectFrom('attempt_texts')
        .select(`attempt_texts.${name}`)
        .whereRef('attempt_texts.id', '=', 'transactions.judged_attempt'),
      `transaction_texts.${name}`,
    )
    .as(name)
type WithTexts = 'transactions' | 'transaction_texts'
export const wholeRows = (db: Kysely<Tables>) =>
  withTexts(db)
    .select(['request', 'labels', 'gas_condition', 'hints', 'effects'])
    .select((eb) => [inForce(eb, 'draft'), inForce(eb, 'decision')])
const byId = statement<{ id: string }, TransactionRow>((db, p) => wholeRows(db).where('transactions.id', '=', p('id')))
const statusesOf = statement<Ids, { id: string; status: Status }>((db, p) =>
  db.selectFrom('transactions').select(['id', 'status']).where('id', 'in', idsIn(p)),
)
/** Identical requests of a session, made later than then. */
export type Repeat = { session: string; hash: string; since: number }
const repeat = statement<Repeat, { id: string }>((db, p) =>
  db
    .selectFrom('transactions')
    .select('id')
    .where('session_id', '=', p('session'))
    .where('request_hash', '=', p('hash'))
    .where('created_at', '>', p('since'))
    .orderBy('id', 'desc')
    .limit(1),
)
/** What a lane asked for itself and a human has not let go on; nobody's session asked for it. */
export type WaitingFill = Pick<TransactionRow, 'id' | 'decision'>
const waitingFill = statement<{ lane: string }, WaitingFill>((db, p) =>
  withTexts(db)
    .clearSelect()
    .select(['transactions.id'])
    .select((eb) => inForce(eb, 'decision'))
    .where('lane', '=', p('lane'))
    .where('status', '=', sql.lit('QUEUED'))
    .where('session_id', 'is', null)
    .where('sweep_id', 'is', null)
    .where('type', '=', sql.lit(OWN_TYPE))
    .where((eb) => eb.not(isStopped(eb)))
    .limit(1),
)
const dueDelays = statement<{ now: number; count: number }, TransactionRow>((db, p) =>
  wholeRows(db)
    .where('status', '=', sql.lit('QUEUED'))
    .where('transactions.due_at', '<=', p('now'))
    .where((eb) => eb.not(isStopped(eb)))
    .orderBy('transactions.due_at')
    .limit(p('count')),
)
const lapsedApprovals = statement<{ now: number; count: number }, TransactionRow>((db, p) =>
  wholeRows(db)
    .where('status', '=', sql.lit('QUEUED'))
    .where('approval_expires_at', '<=', p('now'))
    .where((eb) => eb.not(isStopped(eb)))
    .limit(p('count')),
)
const move = statement<{ id: string; from: Status; to: Status; at: number }, Owner>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: p('to'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', p('from'))
    .returning(OWNER),
)
type End = { id: string; from: Status; to: Status; error: string | null; code: string | null; at: number }
const end = statement<End, Owner>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: p('to'), error: p('error'), error_code: p('code'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', p('from'))
    .returning(OWNER),
)
const submit = statement<{ id: string; hash: string; at: number }, Owner>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: 'SUBMITTED', tx_hash: p('hash'), wait_reason: null, updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', 'EXECUTING')
    .returning(OWNER),
)
const giveOut = statement<{ id: string; hash: string; at: number }, Owner>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: 'SIGNED', tx_hash: p('hash'), wait_reason: null, updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', 'EXECUTING')
    .returning(OWNER),
)
const rehash = statement<{ id: string; hash: string; at: number }>((db, p) =>
  db
    .updateTable('transactions')
    .set({ tx_hash: p('hash'), wait_reason: null, updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', 'in', ['SUBMITTED', 'SIGNED']),
)
const unsubmit = statement<{ id: string; at: number }, Owner>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: 'PENDING', tx_hash: null, wait_reason: null, updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', 'SUBMITTED')
    .returning(OWNER),
)
type Land = {
  id: string
  from: Status
  to: Status
  /** Of the attempt that landed; null keeps the present one. */
  hash: string | null
  height: number | null
  error: string | null
  code: string | null
  at: number
}
type Landed = { to_address: string | null; created_at: number }
const land = statement<Land, Landed>((db, p) =>
  db
    .updateTable('transactions')
    .set((eb) => ({
      status: p('to'),
      tx_hash: eb.fn.coalesce(eb.cast<string | null>(eb.val(p('hash')), 'text'), 'tx_hash'),
      block_height: p('height'),
      error: p('error'),
      error_code: p('code'),
      wait_reason: null,
      updated_at: p('at'),
    }))
    .where('id', '=', p('id'))
    .where('status', '=', p('from'))
    .returning(['to_address', 'created_at']),
)
const serve = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('transactions')
    .set({ status: 'PENDING', served_delay: 1, due_at: null, updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('status', '=', 'QUEUED'),
)
type Wait = { id: string; reason: string | null }
const wait = statement<Wait>((db, p) =>
  db
    .updateTable('transactions')
    .set({ wait_reason: p('reason') })
    .where('id', '=', p('id'))
    .where('status', 'in', ['PENDING', 'SUBMITTED', 'SIGNED'])
    .where(sql<boolean>`wait_reason is distinct from ${p('reason')}`),
)
type Approve = { id: string; by: string; usd: string | null; fee: string | null; at: number }
const approve = statement<Approve>((db, p) =>
  db
    .updateTable('transactions')
    .set({
      status: 'PENDING',
      approved_at: p('at'),
      approved_by: p('by'),
      approved_usd: p('usd'),
      fee_bound: p('fee'),
      approval_expires_at: null,
      updated_at: p('at'),
    })
    .where('id', '=', p('id'))
    .where('status', '=', 'QUEUED')
    .where('tier', '=', 'APPROVAL'),
)
const raiseFee = statement<{ id: string; fee: string }>((db, p) =>
  db
    .updateTable('transactions')
    .set({ highest_fee: p('fee') })
    .where('id', '=', p('id')),
)
const nameFee = statement<{ id: string; fee: string }>((db, p) =>
  db
    .updateTable('transactions')
    .set({ fee_bound: p('fee') })
    .where('id', '=', p('id')),
)
export const transactionStore = {
  async insert(db: Handle, row: NewRow) {
    await db.run(insert, row)
    await db.run(insertTexts, row)
    await insertBeside(db, row)
    if (row.status === 'QUEUED') await awaitApproval(db, { ...row, at: row.created_at })
    waitingStore.inserted(db, row, row.status)
  },
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  statusesOf: async (db: Handle, ids: readonly string[]) =>
    new Map((await rowsIn(db, statusesOf, ids)).map(({ id, status }) => [id, status])),
  /** The newest of them. */
  repeat: async (db: Handle, query: Repeat) => (await db.get(repeat, query))?.id,
  waitingFill: (db: Handle, lane: string) => db.get(waitingFill, { lane }),
  dueDelays: (db: Handle, now: number, count: number) => db.all(dueDelays, { now, count }),
  lapsedApprovals: (db: Handle, now: number, count: number) => db.all(lapsedApprovals, { now, count }),
  acceptedTimes,
  /** Each change below names the state it starts from and says whether it won. */
  move: async (db: Handle, change: { id: string; from: Status; to: Status; at: number }) =>
    counted(db, await db.get(move, allowed(change)), change),
  end: async (db: Handle, change: End) => counted(db, await db.get(end, allowed(change)), change),
  submit: async (db: Handle, change: { id: string; hash: string; at: number }) =>
    counted(db, await db.get(submit, change), { from: 'EXECUTING', to: 'SUBMITTED' }),
  /** Its bytes are signed and given to who asked. */
  giveOut: async (db: Handle, change: { id: string; hash: string; at: number }) =>
    counted(db, await db.get(giveOut, change), { from: 'EXECUTING', to: 'SIGNED' }),
  /** Its bytes were signed and never left. */
  unsubmit: async (db: Handle, change: { id: string; at: number }) =>
    counted(db, await db.get(unsubmit, change), { from: 'SUBMITTED', to: 'PENDING' }),
  /** Whom it pays; undefined when it did not win. */
  land: (db: Handle, change: Land) => db.get(land, allowed(change)),
  /** The hash of the attempt that counts: the newest, or the one in a block. */
  rehash: async (db: Handle, change: { id: string; hash: string; at: number }) => won(await db.run(rehash, change)),
  /** Notes what keeps an open transaction; it is forgotten when its state changes. */
  wait: (db: Handle, note: Wait) => db.run(wait, note),
  serveDelay: async (db: Handle, change: { id: string; at: number }) => won(await db.run(serve, change)),
  /** The fee that was shown is approved with it. */
  approve: async (db: Handle, change: Approve) => won(await db.run(approve, change)),
  /** An attempt on its nonce may cost more than those before. */
  raiseFee: (db: Handle, change: { id: string; fee: string }) => db.run(raiseFee, change),
  /** The operator lets its fee come to this. */
  nameFee: (db: Handle, change: { id: string; fee: string }) => db.run(nameFee, change),
  /** It is signed under another judgement than its last one, which its attempt holds; indexes ask for its tier, which seldom changes. */
  async execute(db: Handle, before: Pick<TransactionRow, 'tier'>, change: Execute & Pick<Judged, 'tier'>) {
    if (change.tier !== before.tier) await db.run(setTier, change)
    return counted(db, await db.get(execute, change), { from: 'PENDING', to: 'EXECUTING' })
  },
  /** Another judgement has it wait for time or a human. */
  async requeue(db: Handle, change: Requeue) {
    const isMine = won(await db.run(requeue, change))
    if (!isMine) return false
    await db.run(requeueTexts, change)
    await awaitApproval(db, { ...change, at: change.updated_at })
    return true
  },
}

type Asking = Pick<HeadRow, 'id' | 'approval_expires_at'> & { readonly decision: string; readonly at: number }
/** Whoever has to approve it is told of it, and reminded, by the reading of the clock by which its time ends. */
async function awaitApproval(db: Handle, { id, approval_expires_at: until, decision, at }: Asking) {
  if (until === null) return
  const { inputs }: Decision = JSON.parse(decision)
  await reminderStore.arm(db, id, { since: inputs.latest ?? inputs.now, until })
  await noticeStore.add(db, { transaction: id, why: 'waits', at })
}

/** Refuses a change that the transition table does not have: that is a bug, never a race. */
function allowed<C extends { from: Status; to: Status }>(change: C): C {
  if (!mayMove(change.from, change.to)) throw new Error(`a transaction never goes from ${change.from} to ${change.to}`)
  return change
}

/** Whether a change won; then what waits is counted anew. */
function counted(db: Handle, owner: Owner | undefined, change: { from: Status; to: Status }): boolean {
  if (owner) waitingStore.moved(db, owner, change)
  return owner !== undefined
}

/** Whether a conditional update found what it was to change. */
export const won = ({ changes }: { changes: number }) => changes === 1
