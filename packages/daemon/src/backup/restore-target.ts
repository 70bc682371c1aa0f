import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { NUMBERS } from '../platform/db/database.ts'
import type { Rename } from './renames.ts'
import type { Location } from './snapshot.ts'

/** Where restored rows are written first, and how they take the place of what is there. */
export type RestoreTarget = {
  readonly staging: Location
  /** The schema that is staged, which is gone once it has taken its place; undefined where `renames` are all. */
  readonly schema: string | undefined
  /** There is a database in the place already. */
  readonly isOccupied: boolean
  /** Renames of files, part of the whole. */
  readonly renames: readonly Rename[]
  /** What else makes it happen, after the renames; atomic in itself. Says where the present database went. */
  commit(): Promise<string | undefined>
  /** Removes what was staged; nothing happens after `commit`. */
  discard(): Promise<void>
}

/** A SQLite file: staged in `folder`, renamed to its place. */
export function sqliteTarget(path: string, folder: string, stamp: string): RestoreTarget {
  const staged = join(folder, 'waiaas.db')
  const aside = ['', '-wal', '-shm']
    .map((suffix) => ({ from: `${path}${suffix}`, to: `${path}.bak-${stamp}${suffix}` }))
    .filter(({ from }) => existsSync(from))
  return {
    staging: { path: staged },
    schema: undefined,
    isOccupied: existsSync(path),
    renames: [...aside, { from: staged, to: path }],
    commit: async () => undefined,
    discard: async () => undefined,
  }
}

/** A Postgres database: staged in a schema of its own, from which the tables change places in one transaction. */
export async function postgresTarget(
  url: string,
  { names, ever }: { names: readonly string[]; ever: readonly string[] },
  stamp: string,
): Promise<RestoreTarget> {
  const shared = ['scopes', NUMBERS]
  const tables = [...shared, ...names]
  const staging = `${STAGING}${stamp}`
  const aside = `waiaas_bak_${stamp}`
  const { schema, present } = await withClient(url, async (client) => {
    await assertAlone(client)
    await dropAbandoned(client)
    await client.query(`create schema ${staging}`)
    const [row] = (await client.query<{ schema: string }>('select current_schema() as schema')).rows
    const found = await client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'S') and relname = any($1)",
      [[...shared, ...ever]],
    )
    return { schema: row!.schema, present: found.rows.map(({ name }) => name) }
  })
  return {
    staging: { url: inSchema(url, staging) },
    schema: staging,
    isOccupied: present.length > 0,
    renames: [],
    commit: () => withClient(url, (client) => swap(client, { schema, present, tables, staging, aside })),
    discard: () =>
      withClient(url, async (client) => void (await client.query(`drop schema if exists ${staging} cascade`))),
  }
}

type Swap = {
  /** The schema of the daemon, and what it holds of tables of any release. */
  readonly schema: string
  readonly present: readonly string[]
  readonly tables: readonly string[]
  readonly staging: string
  readonly aside: string
}

/** In one transaction; says where what was there went. */
async function swap(client: pg.Client, { schema, present, tables, staging, aside }: Swap): Promise<string | undefined> {
  await assertAlone(client)
  const own = pg.escapeIdentifier(schema)
  const into = (name: string, target: string) => `alter table ${name} set schema ${target}`
  const statements = [
    'begin',
    ...(present.length > 0 ? [`create schema ${aside}`] : []),
    ...present.map((name) => into(`${own}.${name}`, aside)),
    ...tables.map((name) => into(`${staging}.${name}`, own)),
    `drop schema ${staging}`,
    'commit',
  ]
  for (const statement of statements) await client.query(statement)
  return present.length > 0 ? `schema ${aside}` : undefined
}

const STAGING = 'waiaas_restore_'

/** Whether a staged schema has taken its place. */
export const hasSwapped = (url: string, schema: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
    return rowCount === 0
  })

/** What killed runs have staged, unless another one is at work. */
async function dropAbandoned(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where starts_with(nspname, $1) and not exists
      (select 1 from pg_stat_activity where datname = current_database() and application_name = 'waiaas restore'
        and pid <> pg_backend_pid())`,
    [STAGING],
  )
  for (const { name } of rows) await client.query(`drop schema ${pg.escapeIdentifier(name)} cascade`)
}

/** Daemons on this database would sign from the old rows while the new ones take their place. */
async function assertAlone(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(
    "select 1 from pg_stat_activity where datname = current_database() and application_name = 'waiaas'",
  )
  if (rowCount) throw new DatabaseInUse()
}

/** A daemon is connected to the Postgres database. */
class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse'
  readonly hint = 'stop every daemon that uses this database'
  constructor() {
    super('a daemon is connected to the database that would be replaced')
  }
}

async function withClient<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'waiaas restore' })
  await client.connect()
  try {
    return await fn(client)
  } finally {
    // Whatever is not committed goes with the connection.
    await client.end()
  }
}

function inSchema(url: string, schema: string): string {
  const parsed = new URL(url)
  const before = parsed.searchParams.get('options')
  parsed.searchParams.set('options', `${before ? `${before} ` : ''}-c search_path=${schema}`)
  // It comes before the name that the daemon's connections bear.
  parsed.searchParams.set('application_name', 'waiaas restore')
  return parsed.href
}
