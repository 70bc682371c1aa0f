import { type Handle, statement } from '../platform/db/database.ts'

export type LoginRow = { id: string; token_hash: string; bound_to: string; created_at: number; used_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    logins: LoginRow
  }
}

const insert = statement<LoginRow>((db, p) =>
  db.insertInto('logins').values({
    id: p('id'),
    token_hash: p('token_hash'),
    bound_to: p('bound_to'),
    created_at: p('created_at'),
    used_at: p('used_at'),
  }),
)
const byHash = statement<{ hash: string }, LoginRow>((db, p) =>
  db.selectFrom('logins').selectAll().where('token_hash', '=', p('hash')),
)
const use = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('logins')
    .set({ used_at: p('at') })
    .where('id', '=', p('id'))
    .where('used_at', '<', p('at')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('logins').where('id', '=', p('id')))
const removeOld = statement<{ created: number; used: number; bound: string }>((db, p) =>
  db
    .deleteFrom('logins')
    .where((eb) =>
      eb.or([eb('created_at', '<=', p('created')), eb('used_at', '<=', p('used')), eb('bound_to', '<>', p('bound'))]),
    ),
)

export const loginStore = {
  insert: (db: Handle, row: LoginRow) => db.run(insert, row),
  byHash: (db: Handle, hash: string) => db.get(byHash, { hash }),
  use: (db: Handle, id: string, at: number) => db.run(use, { id, at }),
  /** False when there is none. */
  remove: async (db: Handle, id: string) => (await db.run(remove, { id })).changes === 1,
  /** Those that were made or used no later than that, or are bound to something else. */
  removeOld: (db: Handle, old: { created: number; used: number; bound: string }) => db.run(removeOld, old),
}
