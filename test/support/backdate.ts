import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import type { TestDaemon } from './daemon.ts'

/** Test support: changes one row of a daemon's database beside it, so that a time that it waits for is over. */
export async function backdate({ env, dataDir }: TestDaemon, sql: string): Promise<void> {
  const url = env.WAIAAS_DATABASE_URL
  const changed = url ? await onPostgres(url, sql) : onSqlite(join(dataDir, 'data/waiaas.db'), sql)
  if (changed !== 1) throw new Error(`expected one row to change, got ${changed} by: ${sql}`)
}

async function onPostgres(url: string, sql: string): Promise<number | null> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rowCount
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
