import { sql } from 'kysely'
import type { Database, Handle } from './database.ts'

const execute = (text: string) => (db: Handle) => db.query(() => sql.raw(text))
const FILLED = ['evidence', 'schema_migrations']

/**
 * Test support: a full disk under a database, by the database's own error: SQLite gets no further page and no room in those that it
 * has, PostgreSQL raises disk_full. The answer makes room again.
 */
export async function fillDisk(database: Database): Promise<() => Promise<void>> {
  return database.engine === 'sqlite' ? fillSqlite(database) : fillPostgres(database)
}

async function fillSqlite(database: Database): Promise<() => Promise<void>> {
  await database.work({}, execute('create table filler (text text)'))
  // Each row of evidence takes pages that there are not any more.
  await database.work(
    {},
    execute(`create trigger full before insert on evidence
      begin insert into filler values (printf('%.100000c', 'x')); end`),
  )
  await database.work({}, execute('pragma max_page_count = 1'))
  return async () => {
    await database.work({}, execute('pragma max_page_count = 1073741823'))
  }
}

async function fillPostgres(database: Database): Promise<() => Promise<void>> {
  await database.work(
    {},
    execute(`create function no_room() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`),
  )
  for (const table of FILLED)
    await database.work(
      {},
      execute(`create trigger full_${table} before insert or update on ${table} execute function no_room()`),
    )
  return async () => {
    for (const table of FILLED) await database.work({}, execute(`drop trigger full_${table} on ${table}`))
  }
}
