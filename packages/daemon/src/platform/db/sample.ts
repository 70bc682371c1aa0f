import { type Migration, type NoParams, statement } from './database.ts'

/** Tables and statements of this folder's own tests. */
export type SampleRow = { id: string; counter: number; note: string | null }

declare module './tables.ts' {
  interface Tables {
    db_sample: SampleRow
  }
}

export const sampleMigrations: Migration[] = [
  {
    id: 1,
    name: 'sample',
    statements: ['create table db_sample (id text primary key, counter bigint not null, note text)'],
  },
]

export const insert = statement<SampleRow>((db, p) =>
  db.insertInto('db_sample').values({ id: p('id'), counter: p('counter'), note: p('note') }),
)
export const byId = statement<{ id: string }, SampleRow>((db, p) =>
  db.selectFrom('db_sample').selectAll().where('id', '=', p('id')),
)
export const allRows = statement<NoParams, SampleRow>((db) => db.selectFrom('db_sample').selectAll().orderBy('id'))
export const count = statement<NoParams, { rows: number }>((db) =>
  db.selectFrom('db_sample').select((e) => e.fn.countAll<number>().as('rows')),
)
/** Changes no row when the limit is reached. */
export const reserve = statement<{ id: string; limit: number }>((db, p) =>
  db
    .updateTable('db_sample')
    .set((e) => ({ counter: e('counter', '+', 1) }))
    .where('id', '=', p('id'))
    .where('counter', '<', p('limit')),
)
export const row = (id: string, counter = 0): SampleRow => ({ id, counter, note: null })
