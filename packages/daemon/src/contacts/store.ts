import type { ChainName } from '@waiaas/contract'
import { type Handle, statement } from '../platform/db/database.ts'

export type ContactRow = {
  id: string
  name: string
  /** What is left of the name at a glance. */
  seen: string
  chain: ChainName
  address: string
  created_at: number
  updated_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    contacts: ContactRow
  }
}

const insert = statement<ContactRow>((db, p) =>
  db.insertInto('contacts').values({
    id: p('id'),
    name: p('name'),
    seen: p('seen'),
    chain: p('chain'),
    address: p('address'),
    created_at: p('created_at'),
    updated_at: p('updated_at'),
  }),
)
const seenAlike = statement<{ seen: string }, ContactRow>((db, p) =>
  db.selectFrom('contacts').selectAll().where('seen', '=', p('seen')).orderBy('id'),
)
const called = statement<{ name: string }, ContactRow>((db, p) =>
  db.selectFrom('contacts').selectAll().where('name', '=', p('name')).orderBy('id'),
)
const page = statement<{ after: string; limit: number }, ContactRow>((db, p) =>
  db.selectFrom('contacts').selectAll().where('id', '>', p('after')).orderBy('id').limit(p('limit')),
)
const change = statement<{ id: string; address: string; at: number }>((db, p) =>
  db
    .updateTable('contacts')
    .set({ address: p('address'), updated_at: p('at') })
    .where('id', '=', p('id')),
)
const remove = statement<{ name: string }>((db, p) => db.deleteFrom('contacts').where('name', '=', p('name')))

export const contactStore = {
  insert: (db: Handle, row: ContactRow) => db.run(insert, row),
  seenAlike: (db: Handle, seen: string) => db.all(seenAlike, { seen }),
  called: (db: Handle, name: string) => db.all(called, { name }),
  page: (db: Handle, after: string, limit: number) => db.all(page, { after, limit }),
  change: (db: Handle, row: { id: string; address: string; at: number }) => db.run(change, row),
  remove: (db: Handle, name: string) => db.run(remove, { name }),
}
