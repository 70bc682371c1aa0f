import type { FailureCode, TransactionSent } from '@waiaas/contract'
import { type Handle, statement } from '../../platform/db/database.ts'

/** What the caller gets: the accepted transaction, or the stored refusal. */
export type Answer =
  | { transactionId: string; accepted: TransactionSent; refused?: never; isRepeat?: IsRepeat }
  | { transactionId: string; refused: Refused; accepted?: never; isRepeat?: never }
/** It was decided on before, by an earlier call or one at the same moment. */
export type IsRepeat = true | undefined
type Refused = { code: FailureCode; message: string; details: Record<string, unknown>; retryAfter?: number | undefined }

type IdempotencyRow = {
  session_id: string
  key: string
  request_hash: string
  transaction_id: string
  answer: string
  created_at: number
}
/** What was asked under a key; without `answer` it was refused, and the request that was refused says how. */
export type Key = Omit<IdempotencyRow, 'answer'> & { answer?: Answer | undefined }

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

const REFUSED = ''

/** What was asked and answered under a session's idempotency key. */
export const idempotencyStore = {
  async find(db: Handle, session: string, key: string): Promise<Key | undefined> {
    const row = await db.get(find, { session, key })
    // Written by `insert` alone, that of refusals too before their request said how they were answered.
    return row && { ...row, answer: row.answer === REFUSED ? undefined : (JSON.parse(row.answer) as Answer) }
  },
  insert: (db: Handle, { answer, ...key }: Key) =>
    db.run(insert, { ...key, answer: answer ? JSON.stringify(answer) : REFUSED }),
}
