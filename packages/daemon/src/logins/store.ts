import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

export type LoginRow = {
  id: string
  token_hash: string
  bound_to: string
  created_at: number
  used_at: number
  only_looks: number
}
type ViewPasswordRow = { id: number; hash: string; set_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    logins: LoginRow
    view_password: ViewPasswordRow
  }
}

const insert = statement<LoginRow>((db, p) =>
  db.insertInto('logins').values({
    id: p('id'),
    token_hash: p('token_hash'),
    bound_to: p('bound_to'),
    created_at: p('created_at'),
    used_at: p('used_at'),
    only_looks: p('only_looks'),
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
type Old = { created: number; used: number; bound: string; boundToLook: string }

const removeOld = statement<Old>((db, p) =>
  db
    .deleteFrom('logins')
    .where((eb) =>
      eb.or([
        eb('created_at', '<=', p('created')),
        eb('used_at', '<=', p('used')),
        eb.and([eb('bound_to', '<>', p('bound')), eb('bound_to', '<>', p('boundToLook'))]),
      ]),
    ),
)

export const loginStore = {
  insert: (db: Handle, row: LoginRow) => db.run(insert, row),
  byHash: (db: Handle, hash: string) => db.get(byHash, { hash }),
  use: (db: Handle, id: string, at: number) => db.run(use, { id, at }),
  /** False when there is none. */
  remove: async (db: Handle, id: string) => (await db.run(remove, { id })).changes === 1,
  /** Those that were made or used no later than that, or are bound to something else. */
  removeOld: (db: Handle, old: Old) => db.run(removeOld, old),
}

const readPassword = statement<NoParams, ViewPasswordRow>((db) => db.selectFrom('view_password').selectAll())
const insertPassword = statement<{ hash: string; at: number }>((db, p) =>
  db.insertInto('view_password').values({ id: 1, hash: p('hash'), set_at: p('at') }),
)
const removePassword = statement<NoParams>((db) => db.deleteFrom('view_password'))

export const viewPasswordStore = {
  read: (db: Handle) => db.get(readPassword),
  async replace(db: Handle, hash: string, at: number): Promise<void> {
    await db.run(removePassword)
    await db.run(insertPassword, { hash, at })
  },
  /** False when there is none. */
  remove: async (db: Handle) => (await db.run(removePassword)).changes === 1,
}
