import Sqlite from 'better-sqlite3'
import pg from 'pg'
import type { Engine, Migration, SqlValue } from '../platform/db/database.ts'

/** Where a database is: the file of SQLite, or the url of Postgres. */
export type Location = { readonly path: string; readonly url?: never } | { readonly url: string; readonly path?: never }
export type Rows = readonly (readonly SqlValue[])[]
type Table = { readonly name: string; readonly columns: readonly string[] }

/** All tables as they are at one moment, whatever is written meanwhile. */
export type Snapshot = {
  readonly engine: Engine
  readonly tables: readonly Table[]
  /** A table's rows, some at a time. One table at a time. */
  rows(table: Table): AsyncGenerator<Rows>
  close(): Promise<void>
}

const ROWS_AT_ONCE = 100

/** The tables that are there once the migrations have run; others that share a Postgres schema with them are not ours. */
export function tablesOf(migrations: readonly Migration[]): string[] {
  const names = new Set(['schema_migrations'])
  for (const { verb, name } of tableChanges(migrations)) {
    if (verb === 'create') names.add(name)
    else names.delete(name)
  }
  return [...names]
}

/** Those that were there at some time: of an earlier release some may still be. */
export const tablesEverOf = (migrations: readonly Migration[]): string[] => [
  ...new Set(['schema_migrations', ...tableChanges(migrations).map(({ name }) => name)]),
]

const tableChanges = (migrations: readonly Migration[]): { verb: string; name: string }[] =>
  migrations.flatMap(({ statements }) =>
    statements.flatMap((sql) => {
      const [, verb, name] = /^(create|drop) table (\w+)/.exec(sql) ?? []
      return verb !== undefined && name !== undefined ? [{ verb, name }] : []
    }),
  )

/** Opens a snapshot over a connection of its own, so that neither requests nor writers wait for it. */
export const openSnapshot = (location: Location, names: readonly string[]): Promise<Snapshot> =>
  location.url === undefined ? openSqlite(location.path, names) : openPostgres(location.url, names)

async function openSqlite(path: string, names: readonly string[]): Promise<Snapshot> {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true })
  try {
    db.exec('begin')
    // The first read takes the snapshot.
    const has = db.prepare<[string]>("select 1 from sqlite_schema where type = 'table' and name = ?")
    const tables = names
      .filter((name) => has.get(name) !== undefined)
      .map((name) => ({
        name,
        columns: (db.pragma(`table_info(${name})`) as { name: string }[]).map((one) => one.name),
      }))
    return {
      engine: 'sqlite',
      tables,
      async *rows({ name, columns }) {
        const select = db.prepare<[], SqlValue[]>(`select ${columns.join(', ')} from ${name}`).raw()
        let held: SqlValue[][] = []
        for (const row of select.iterate()) {
          held.push(row)
          if (held.length < ROWS_AT_ONCE) continue
          yield held
          held = []
        }
        if (held.length > 0) yield held
      },
      close: async () => void db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

const { builtins } = pg.types
const integers = new Set<number>([builtins.INT8, builtins.INT4, builtins.INT2])
const types = {
  getTypeParser: (oid: number) => (integers.has(oid) ? safeInteger : (text: string) => text),
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`expected an integer below 2^53, got ${text}`)
  return value
}

async function openPostgres(url: string, names: readonly string[]): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: url, application_name: 'waiaas backup', types })
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    const { rows } = await client.query<{ name: string; column: string }>(
      `select table_name as name, column_name as column from information_schema.columns
       where table_schema = current_schema() and table_name = any($1) order by ordinal_position`,
      [names],
    )
    const columns = Map.groupBy(rows, ({ name }) => name)
    const tables = names.flatMap((name) => {
      const own = columns.get(name)
      return own ? [{ name, columns: own.map(({ column }) => column) }] : []
    })
    return { engine: 'postgres', tables, rows: (table) => fetchRows(client, table), close: () => client.end() }
  } catch (error) {
    await client.end()
    throw error
  }
}

async function* fetchRows(client: pg.Client, table: Table): AsyncGenerator<Rows> {
  await client.query(`declare backup no scroll cursor for select ${table.columns.join(', ')} from ${table.name}`)
  try {
    for (;;) {
      const { rows } = await client.query<SqlValue[]>({ text: `fetch ${ROWS_AT_ONCE} from backup`, rowMode: 'array' })
      if (rows.length > 0) yield rows
      if (rows.length < ROWS_AT_ONCE) return
    }
  } finally {
    await client.query('close backup')
  }
}
