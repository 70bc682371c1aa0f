import { sha256 } from '../sha256.ts'
import type { Engine } from './statement.ts'

/** One step of the schema, in SQL that both engines take: `text`, `bigint` and `integer` only. Never changed once released. */
export type Migration = { id: number; name: string; statements: string[] }

/** Where migrations run: one connection that takes plain SQL text. */
export type Console = { engine: Engine; execute: (sql: string) => Promise<Record<string, unknown>[]> }

/** The database's schema and this program do not belong together; the message says what to do. */
export class SchemaError extends Error {
  readonly code = 'SCHEMA_INCOMPATIBLE'
  override readonly name = 'SchemaError'
}

type MigrationRow = { id: number; name: string; hash: string; applied_at: number }

declare module './tables.ts' {
  interface Tables {
    schema_migrations: MigrationRow
  }
}

type Applied = Map<number, { name: string; hash: string }>

/** Applies what is missing, each migration in one transaction. Throws SCHEMA_INCOMPATIBLE when the database is newer or differs. */
export async function migrate(db: Console, migrations: readonly Migration[]): Promise<void> {
  assertNumbered(migrations)
  if (db.engine === 'postgres') {
    await db.execute('create table if not exists scopes (id text collate "C" primary key)')
    await makeNumbers(db)
  }
  await db.execute(
    'create table if not exists schema_migrations (id integer primary key, name text not null, hash text not null, applied_at bigint not null)',
  )
  const applied = await readApplied(db)
  assertCompatible(applied, migrations)
  for (const migration of migrations) if (!applied.has(migration.id)) await apply(db, migration)
}

/** The sequence from which processes on one PostgreSQL database take their numbers. */
export const NUMBERS = 'numbers'

/** It begins above all that a process can have numbered before by its own clock, in microseconds, however far ahead. */
async function makeNumbers({ execute }: Console): Promise<void> {
  const [day] = await execute(
    'select cast(floor(extract(epoch from clock_timestamp()) * 1000000) as bigint) + 86400000000 as ahead',
  )
  await execute(`create sequence if not exists ${NUMBERS} start with ${day!.ahead}`)
}

/** Changes nothing. Throws SCHEMA_INCOMPATIBLE unless all migrations are applied, and no others. */
export async function requireMigrated(db: Console, migrations: readonly Migration[]): Promise<void> {
  if (!(await hasMigrations(db))) throw new SchemaError('the database is empty: name that of a daemon')
  const applied = await readApplied(db)
  assertCompatible(applied, migrations)
  if (migrations.some(({ id }) => !applied.has(id)))
    throw new SchemaError(
      'the database has the schema of an earlier version, and nothing is changed here: use that version, or start the daemon of this one on it first',
    )
}

async function hasMigrations({ engine, execute }: Console): Promise<boolean> {
  const rows = await execute(
    engine === 'sqlite'
      ? "select 1 from sqlite_master where name = 'schema_migrations'"
      : "select 1 where to_regclass('schema_migrations') is not null",
  )
  return rows.length > 0
}

async function apply(db: Console, migration: Migration): Promise<void> {
  await db.execute(db.engine === 'sqlite' ? 'begin immediate' : 'begin')
  try {
    // Another process may have applied it since the start of this one.
    const applied = await readApplied(db)
    assertCompatible(applied, [migration], migration.id)
    if (!applied.has(migration.id)) {
      for (const sql of migration.statements) await db.execute(sql)
      await db.execute(
        `insert into schema_migrations (id, name, hash, applied_at) values (${migration.id}, '${migration.name}', '${hashOf(migration)}', ${Math.floor(Date.now() / 1000)})`,
      )
    }
    await db.execute('commit')
  } catch (error) {
    await db.execute('rollback')
    throw error
  }
}

async function readApplied(db: Console): Promise<Applied> {
  const rows = await db.execute('select id, name, hash from schema_migrations order by id')
  return new Map(rows.map((row) => [Number(row.id), { name: String(row.name), hash: String(row.hash) }]))
}

function assertCompatible(applied: Applied, migrations: readonly Migration[], upTo = Number.POSITIVE_INFINITY): void {
  const known = new Map(migrations.map((migration) => [migration.id, migration]))
  const newest = Math.max(0, ...applied.keys())
  for (const [id, { name, hash }] of applied) {
    const migration = known.get(id)
    if (!migration && upTo === Number.POSITIVE_INFINITY)
      throw new SchemaError(
        `the database has migration ${id} (${name}), which this version does not know: start the newer version that made it`,
      )
    if (migration && hash !== hashOf(migration))
      throw new SchemaError(
        `migration ${id} (${name}) was applied with other content than this version has: start the version that made the database`,
      )
  }
  const skipped = migrations.find(({ id }) => id < newest && !applied.has(id))
  if (skipped)
    throw new SchemaError(`the database has migration ${newest} but not ${skipped.id} (${skipped.name}) before it`)
}

function assertNumbered(migrations: readonly Migration[]): void {
  let last = 0
  for (const { id, name } of migrations) {
    if (!Number.isSafeInteger(id) || id <= last) throw new Error(`expected a migration number above ${last}, got ${id}`)
    if (!/^[\w .,-]+$/.test(name))
      throw new Error(`expected a plain name for migration ${id}, got ${JSON.stringify(name)}`)
    last = id
  }
}

const hashOf = ({ id, name, statements }: Migration): string => sha256(JSON.stringify([id, name, statements]))
