import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

/** The wrapped root key, as JSON of the keys' own making. There is one row. */
type KeyringRow = { id: number; row: string; updated_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    keyring: KeyringRow
  }
}

const read = statement<NoParams, KeyringRow>((db) => db.selectFrom('keyring').selectAll().where('id', '=', 1))
const insert = statement<{ row: string; at: number }>((db, p) =>
  db
    .insertInto('keyring')
    .values({ id: 1, row: p('row'), updated_at: p('at') })
    .onConflict((on) => on.column('id').doNothing()),
)
const replace = statement<{ row: string; at: number }>((db, p) =>
  db
    .updateTable('keyring')
    .set({ row: p('row'), updated_at: p('at') })
    .where('id', '=', 1),
)

export const keyringStore = {
  read: async (db: Handle): Promise<string | undefined> => (await db.get(read))?.row,
  /** False when there is one already. */
  insert: async (db: Handle, row: string, at: number): Promise<boolean> =>
    (await db.run(insert, { row, at })).changes === 1,
  replace: (db: Handle, row: string, at: number) => db.run(replace, { row, at }),
}
