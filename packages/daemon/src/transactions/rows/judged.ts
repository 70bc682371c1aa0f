import { statement } from '../../platform/db/database.ts'
import type { HeadRow, TransactionRow } from './transaction-row.ts'

// What another judgement writes of a transaction, wherever its texts go.

/** Whose a transaction is. */
export type Owner = Pick<HeadRow, 'wallet_id' | 'session_id'>
export const OWNER = ['wallet_id', 'session_id'] as const

const JUDGED = ['policy_version', 'judged_at', 'amount_usd', 'max_fee'] as const
type JudgedColumns = Pick<HeadRow, (typeof JUDGED)[number]>
export type Judged = JudgedColumns & Pick<HeadRow, 'id' | 'tier'>
/** Every column by its own name; the cast only joins the pairs into one record. */
const judged = (p: <K extends keyof JudgedColumns>(name: K) => JudgedColumns[K]): JudgedColumns =>
  Object.fromEntries(JUDGED.map((name) => [name, p(name)])) as JudgedColumns
export type Execute = Omit<Judged, 'tier'> & { attempt: string; at: number }
/** Its texts stand with its attempt; its tier, which indexes ask for, seldom changes. */
export const execute = statement<Execute, Owner>((db, p) =>
  db
    .updateTable('transactions')
    .set({
      status: 'EXECUTING',
      ...judged(p),
      judged_attempt: p('attempt'),
      updated_at: p('at'),
    })
    .where('id', '=', p('id'))
    .where('status', '=', 'PENDING')
    .returning(OWNER),
)
export const setTier = statement<Pick<Judged, 'id' | 'tier'>>((db, p) =>
  db
    .updateTable('transactions')
    .set({ tier: p('tier') })
    .where('id', '=', p('id'))
    .where('status', '=', 'PENDING'),
)
type Waiting = Pick<TransactionRow, 'decision' | 'draft' | 'due_at' | 'approval_expires_at' | 'updated_at'>
export type Requeue = Judged & Waiting
/** It waits for time or a human. */
export const requeue = statement<Requeue>((db, p) =>
  db
    .updateTable('transactions')
    .set({
      status: 'QUEUED',
      tier: p('tier'),
      ...judged(p),
      judged_attempt: null,
      due_at: p('due_at'),
      approval_expires_at: p('approval_expires_at'),
      updated_at: p('updated_at'),
    })
    .where('id', '=', p('id'))
    .where('status', '=', 'PENDING'),
)
export const requeueTexts = statement<Pick<Requeue, 'id' | 'decision' | 'draft'>>((db, p) =>
  db
    .updateTable('transaction_texts')
    .set({ decision: p('decision'), draft: p('draft') })
    .where('id', '=', p('id')),
)
