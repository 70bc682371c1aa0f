import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { statement } from './database.ts'
import { type SampleRow, sampleMigrations } from './sample.ts'
import { bind, compiledFor } from './statement.ts'

type Wanted = { note: string; least: number; count: number }
const wanted = statement<Wanted, SampleRow>((db, p) =>
  db
    .selectFrom('db_sample')
    .selectAll()
    .where('note', '=', p('note'))
    .where('counter', '>=', p('least'))
    .orderBy('id')
    .limit(p('count')),
)
const of = (note: string, count: number): Wanted => ({ note, least: 1, count })

test('SQLite plans a statement once, whatever its parameters are', () => {
  const db = new Sqlite(':memory:')
  for (const text of sampleMigrations.flatMap(({ statements }) => statements ?? [])) db.exec(text)
  // Serves some values only, so that whoever looks at the value takes it for those.
  db.exec(`create index db_sample_odd on db_sample (note, id) where note = 'odd'`)
  const compiled = compiledFor(wanted, 'sqlite')
  const program = (text: string, values: Wanted) => db.prepare(`explain ${text}`).all(bind(compiled, values))
  const programs = (text: string) => [of('odd', 1), of('odd', 2), of('even', 2)].map((values) => program(text, values))

  const [first, ...others] = programs(compiled.sql)
  for (const other of others) expect(other).toEqual(first)

  const [odd, , even] = programs(compiled.sql.replaceAll('+?', '?'))
  expect(even, 'a bare parameter is looked at').not.toEqual(odd)
  // A bare one here is looked at too; it only moves an estimate, which no program shows.
  expect(compiled.sql).toMatch(/limit \(select \+\?\)$/)
  db.close()
})
