import { Failure } from '@waiaas/contract'
import { type Database, type SqlValue, type Statement, statement } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'
import type { Record as BackupRecord } from './records.ts'
import { corrupted } from './sealing.ts'

type Row = Record<string, SqlValue>
/** Rows of one table go in by one statement. */
type Target = { readonly columns: readonly string[]; readonly insert: Statement<Row, void> }

/**
 * Writes the tables of a backup into a fresh database whose schema is of the same version, and gives the number of rows.
 * Failures BACKUP_CORRUPTED, UNSUPPORTED_BACKUP_VERSION.
 */
export async function loadRecords(
  database: Database,
  names: readonly string[],
  records: AsyncIterable<BackupRecord>,
): Promise<number> {
  const done = new Set<string>()
  let target: Target | 'schema' | undefined
  let count = 0
  for await (const record of records) {
    if (record.kind === 'config') throw corrupted('its parts are not in order')
    if (record.kind === 'table') {
      if (!names.includes(record.name) || done.has(record.name)) throw corrupted(`a table ${record.name} too many`)
      done.add(record.name)
      target = record.name === 'schema_migrations' ? 'schema' : await cleared(database, record)
    } else if (record.kind === 'rows') {
      if (!target) throw corrupted('rows of no table')
      count += record.rows.length
      if (target === 'schema') await assertSameSchema(database, record.rows)
      else await insert(database, target, record.rows)
    } else if (record.rows !== count) throw corrupted(`expected ${record.rows} rows, got ${count}`)
  }
  const missing = names.filter((name) => !done.has(name))
  if (missing.length > 0) throw corrupted(`without ${missing.join(', ')}`)
  return count
}

/** A table without the rows that its migration put in. */
async function cleared(
  database: Database,
  { name, columns }: { name: string; columns: readonly string[] },
): Promise<Target> {
  // The name is one of the migrations' tables.
  const table = name as keyof Tables
  await database.work({}, (db) => db.query((kysely) => kysely.deleteFrom(table)))
  const insert = statement<Row>((kysely, p) =>
    // Each column by its own name; the database refuses one that the table does not have.
    kysely.insertInto(table).values(Object.fromEntries(columns.map((column) => [column, p(column)])) as never),
  )
  return { columns, insert }
}

async function insert(
  database: Database,
  { columns, insert: into }: Target,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  const named = rows.map((row) => {
    if (row.length !== columns.length) throw corrupted('a row with more or fewer values than columns')
    return Object.fromEntries(columns.map((column, index) => [column, row[index]!]))
  })
  await database.work({}, (db) => db.many(into, named))
}

/** The database was made with the first migrations of this version; those of the backup must be the same. */
async function assertSameSchema(database: Database, rows: readonly (readonly SqlValue[])[]): Promise<void> {
  const ours = await database.read((db) => db.query((kysely) => kysely.selectFrom('schema_migrations').selectAll()))
  const known = new Map(ours.map(({ id, hash }) => [id, hash]))
  // Columns id, name, hash, applied_at.
  for (const [id, name, hash] of rows) {
    if (known.get(Number(id)) === hash) continue
    throw new Failure(
      'UNSUPPORTED_BACKUP_VERSION',
      `the backup has migration ${id} (${name}), which this version does not have in this form: use the version that wrote the backup`,
    )
  }
}
