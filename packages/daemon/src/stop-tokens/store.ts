import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

export type StopTokenRow = { id: string; name: string; token_hash: string; created_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    stop_tokens: StopTokenRow
  }
}

const insert = statement<StopTokenRow>((db, p) =>
  db
    .insertInto('stop_tokens')
    .values({ id: p('id'), name: p('name'), token_hash: p('token_hash'), created_at: p('created_at') })
    .onConflict((on) => on.column('name').doNothing()),
)
const byHash = statement<{ hash: string }, StopTokenRow>((db, p) =>
  db.selectFrom('stop_tokens').selectAll().where('token_hash', '=', p('hash')),
)
const called = statement<{ name: string }, StopTokenRow>((db, p) =>
  db
    .selectFrom('stop_tokens')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', p('name')), eb('name', '=', p('name'))])),
)
const page = statement<{ after: string; limit: number }, StopTokenRow>((db, p) =>
  db.selectFrom('stop_tokens').selectAll().where('id', '>', p('after')).orderBy('id').limit(p('limit')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('stop_tokens').where('id', '=', p('id')))
const removeAll = statement<NoParams>((db) => db.deleteFrom('stop_tokens'))

export const stopTokenStore = {
  /** False when another one has the name. */
  insert: async (db: Handle, row: StopTokenRow) => (await db.run(insert, row)).changes === 1,
  byHash: (db: Handle, hash: string) => db.get(byHash, { hash }),
  /** An id goes before a name that looks like it. */
  called: async (db: Handle, idOrName: string) => {
    const rows = await db.all(called, { name: idOrName })
    return rows.find(({ id }) => id === idOrName) ?? rows[0]
  },
  page: (db: Handle, after: string, limit: number) => db.all(page, { after, limit }),
  remove: (db: Handle, id: string) => db.run(remove, { id }),
  removeAll: (db: Handle) => db.run(removeAll),
}
