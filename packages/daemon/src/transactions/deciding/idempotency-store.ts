import type { FailureCode, TransactionSent } from '@waiaas/contract'
import { type Handle, statement } from '../../platform/db/database.ts'

/** What the caller gets: the accepted transaction, or the stored refusal. */
export type Answer =
  | { transactionId: string; accepted: TransactionSent; refused?: never }
  | { transactionId: string; refused: Refused; accepted?: never }
type Refused = { code: FailureCode; message: string; details: Record<string, unknown>; retryAfter?: number | undefined }

type IdempotencyRow = {
  session_id: string
  key: string
  request_hash: string
  transaction_id: string
  answer: string
  created_at: number
}
export type Answered = Omit<IdempotencyRow, 'answer'> & { answer: Answer }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    idempotency_keys: IdempotencyRow
  }
}

const find = statement<{ session: string; key: string }, IdempotencyRow>((db, p) =>
  db.selectFrom('idempotency_keys').selectAll().where('session_id', '=', p('session')).where('key', '=', p('key')),
)
const insert = statement<IdempotencyRow>((db, p) =>
  db.insertInto('idempotency_keys').values({
    session_id: p('session_id'),
    key: p('key'),
    request_hash: p('request_hash'),
    transaction_id: p('transaction_id'),
    answer: p('answer'),
    created_at: p('created_at'),
  }),
)

/** What was answered under a session's idempotency key. */
export const idempotencyStore = {
  async find(db: Handle, session: string, key: string): Promise<Answered | undefined> {
    const row = await db.get(find, { session, key })
    // Written by `insert` alone.
    return row && { ...row, answer: JSON.parse(row.answer) as Answer }
  },
  insert: (db: Handle, row: Answered) => db.run(insert, { ...row, answer: JSON.stringify(row.answer) }),
}
