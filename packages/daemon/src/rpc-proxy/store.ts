import { type Handle, statement } from '../platform/db/database.ts'

/** The newest call of a session that asked for exactly this. */
export type CallRow = {
  session_id: string
  /** SHA-256 of what was asked for. */
  identity: string
  /** The Idempotency-Key under which it was asked for. */
  key: string
  transaction_id: string | null
  /** What became of it has reached whoever asked. */
  is_answered: number
  asked_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    node_calls: CallRow
  }
}

type Named = { session: string; identity: string }

const find = statement<Named, CallRow>((db, p) =>
  db.selectFrom('node_calls').selectAll().where('session_id', '=', p('session')).where('identity', '=', p('identity')),
)
const put = statement<CallRow>((db, p) =>
  db
    .insertInto('node_calls')
    .values({
      session_id: p('session_id'),
      identity: p('identity'),
      key: p('key'),
      transaction_id: p('transaction_id'),
      is_answered: p('is_answered'),
      asked_at: p('asked_at'),
    })
    .onConflict((on) =>
      on.columns(['session_id', 'identity']).doUpdateSet((eb) => ({
        key: eb.ref('excluded.key'),
        transaction_id: eb.ref('excluded.transaction_id'),
        is_answered: eb.ref('excluded.is_answered'),
        asked_at: eb.ref('excluded.asked_at'),
      })),
    ),
)
const note = statement<{ key: string; session: string; identity: string; transaction: string }>((db, p) =>
  db
    .updateTable('node_calls')
    .set({ transaction_id: p('transaction') })
    .where('session_id', '=', p('session'))
    .where('identity', '=', p('identity'))
    .where('key', '=', p('key')),
)
const answer = statement<Named & { key: string }>((db, p) =>
  db
    .updateTable('node_calls')
    .set({ is_answered: 1 })
    .where('session_id', '=', p('session'))
    .where('identity', '=', p('identity'))
    .where('key', '=', p('key')),
)
const forget = statement<{ before: number }>((db, p) => db.deleteFrom('node_calls').where('asked_at', '<', p('before')))

export const callStore = {
  find: (db: Handle, named: Named) => db.get(find, named),
  put: (db: Handle, row: CallRow) => db.run(put, row),
  note: (db: Handle, noted: Named & { key: string; transaction: string }) => db.run(note, noted),
  answered: (db: Handle, named: Named & { key: string }) => db.run(answer, named),
  forget: (db: Handle, before: number) => db.run(forget, { before }),
}
