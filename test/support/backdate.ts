import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import type { TestDaemon } from './daemon.ts'

/** Test support: changes one row of a daemon's database beside it, so that a time that it waits for is over. */
export async function backdate({ env, dataDir }: TestDaemon, sql: string): Promise<void> {
  const url = env.WAIAAS_DATABASE_URL
  const changed = url ? (await queryPostgres(url, sql)).rowCount : onSqlite(join(dataDir, 'data/waiaas.db'), sql)
  if (changed !== 1) throw new Error(`expected one row to change, got ${changed} by: ${sql}`)
}

/** Rows of a daemon's database as they are stored, read beside it. */
export async function storedRows({ env, dataDir }: TestDaemon, sql: string): Promise<readonly unknown[]> {
  const url = env.WAIAAS_DATABASE_URL
  if (url) return (await queryPostgres(url, sql)).rows
  const database = new Sqlite(join(dataDir, 'data/waiaas.db'), { readonly: true })
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

/** So many days later the clock of a database on PostgreSQL is for whoever connects from now on: its own is found behind this one. */
export async function setServerAhead({ env }: TestDaemon, days: number): Promise<void> {
  const url = env.WAIAAS_DATABASE_URL!
  await queryPostgres(
    url,
    `create schema later;
    create function later.clock_timestamp() returns timestamptz language sql volatile
      as $$ select pg_catalog.clock_timestamp() + interval '${days} days' $$;
    alter database ${new URL(url).pathname.slice(1)} set search_path = public, later, pg_catalog`,
  )
}

async function queryPostgres(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

function onSqlite(path: string, sql: string): number {
  const database = new Sqlite(path)
  try {
    return database.prepare(sql).run().changes
  } finally {
    database.close()
  }
}
