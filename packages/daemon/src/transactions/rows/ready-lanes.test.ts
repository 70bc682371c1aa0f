import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { LANE, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { migrations } from '../../migrations/all.ts'
import type { Database, Handle } from '../../platform/db/database.ts'
import { compiledFor, type Engine, type NoParams, type Statement } from '../../platform/db/statement.ts'
import { readyLanes } from './ready-lanes.ts'

/** The SQL that a read sends. */
async function sqlOf(database: Database, read: (db: Handle) => Promise<unknown>): Promise<string[]> {
  const texts: string[] = []
  await database.read(async (db) => {
    const all = (statement: Statement<NoParams, unknown>) => {
      texts.push(compiledFor(statement, database.engine).sql)
      return db.all(statement)
    }
    await read({ ...db, all } as unknown as Handle)
  })
  return texts
}

type Node = { 'Actual Rows'?: number; 'Actual Loops'?: number; 'Relation Name'?: string; Plans?: Node[] }
const rowsRead = (node: Node): number =>
  (node['Relation Name'] === 'transactions' ? node['Actual Rows']! * node['Actual Loops']! : 0) +
  (node.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), 0)

const plans: Record<Engine, (database: Database, text: string) => Promise<void>> = {
  /** Every visit of the table is a search of the index that ends with the first row. */
  async sqlite(database, text) {
    const steps = await database.read((db) => db.query<{ detail: string }>(() => sql.raw(`explain query plan ${text}`)))
    const visits = steps.map(({ detail }) => detail).filter((detail) => /transactions|newest/.test(detail))
    expect(visits.length).toBeGreaterThan(0)
    for (const visit of visits) expect(visit).toMatch(/^SEARCH .* USING (COVERING )?INDEX /)
  },
  async postgres(database, text) {
    await database.work({}, (db) => db.query(() => sql`analyze transactions`))
    const [row] = await database.read((db) =>
      db.query<Record<string, unknown>>(() => sql.raw(`explain (analyze, format json) ${text}`)),
    )
    const plan = Object.values(row!)[0]
    const [{ Plan }] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as [{ Plan: Node }]
    expect(rowsRead(Plan)).toBeLessThan(50)
  },
}

/** Twice as many, so often: more than a planner likes to read. */
async function multiply(database: Database, times: number): Promise<void> {
  const [row] = await database.read((db) =>
    db.query<Record<string, unknown>>((k) => k.selectFrom('transactions').selectAll().limit(1)),
  )
  const others = Object.keys(row!).filter((name) => name !== 'id')
  const columns = sql.raw(others.join(', '))
  for (let time = 0; time < times; time++)
    await database.work({}, (db) =>
      db.query(
        () =>
          sql`insert into transactions (id, ${columns}) select id || ${sql.lit(`-${time}`)}, ${columns} from transactions`,
      ),
    )
}

forEachEngine((engine, open) => {
  test('to find the lanes with work costs the same, however much waits in them', async () => {
    const database = await open(migrations)
    const lanes = [LANE, `${LANE}-2`, `${LANE}-3`]
    const rows = Array.from({ length: 1_000 }, (_, at) => transactionRow({ lane: lanes[at % 3]!, epoch: at % 7 }))
    await storeRows(database, rows)
    await multiply(database, 5)
    const found = await database.read(readyLanes)
    expect(found.map(({ lane }) => lane)).toEqual(lanes)
    for (const text of await sqlOf(database, readyLanes)) await plans[engine](database, text)
  })
})
