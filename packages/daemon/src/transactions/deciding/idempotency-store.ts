import { type Handle, statement } from '../../platform/db/database.ts'

export type IdempotencyRow = {
  session_id: string
  key: string
  request_hash: string
  transaction_id: string
  answer: string
  created_at: number
}

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
  find: (db: Handle, session: string, key: string) => db.get(find, { session, key }),
  insert: (db: Handle, row: IdempotencyRow) => db.run(insert, row),
}
