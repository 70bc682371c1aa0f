import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { attemptRow, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { migrations } from '../../migrations/all.ts'
import type { Database, Handle } from '../../platform/db/database.ts'
import { compileOnce, type Engine } from '../../platform/db/statement.ts'
import { type ListFilter, listStore } from './list-store.ts'

/** The SQL of a page, with its values written out. */
async function sqlOf(filter: ListFilter, engine: Engine): Promise<string> {
  const texts: string[] = []
  const query: Handle['query'] = async (build) => {
    const compiled = compileOnce(build, engine)
    const values = compiled.slots.map((slot) => ('constant' in slot ? slot.constant : undefined))
    const literal = (at: number) => {
      const value = values[at]
      return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`
    }
    let next = 0
    texts.push(compiled.sql.replace(/\$(\d+)|\?/g, (_, at?: string) => literal(at ? Number(at) - 1 : next++)))
    return []
  }
  await listStore.list({ query } as unknown as Handle, filter, 20)
  return texts[0]!
}

type Node = { 'Node Type': string; 'Actual Rows': number; 'Actual Loops': number; Plans?: Node[] }
const rowsRead = (node: Node): number =>
  (node['Node Type'].includes('Scan') ? node['Actual Rows'] * node['Actual Loops'] : 0) +
  (node.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), 0)

const plans: Record<Engine, (database: Database, text: string) => Promise<void>> = {
  async sqlite(database, text) {
    const steps = await database.read((db) => db.query<{ detail: string }>(() => sql.raw(`explain query plan ${text}`)))
    const visits = steps.map(({ detail }) => detail).filter((detail) => /transaction|attempts/.test(detail))
    expect(visits.length).toBeGreaterThan(0)
    for (const visit of visits) expect(visit).toMatch(/^SEARCH /)
  },
  async postgres(database, text) {
    const [row] = await database.read((db) =>
      db.query<Record<string, unknown>>(() => sql.raw(`explain (analyze, format json) ${text}`)),
    )
    const plan = Object.values(row!)[0]
    const [{ Plan }] = (typeof plan === 'string' ? JSON.parse(plan) : plan) as [{ Plan: Node }]
    expect(rowsRead(Plan)).toBeLessThan(200)
  },
}

const RARE = '0x00000000000000000000000000000000000000aa'
const HASH = '0xab12'
const narrowed: [string, ListFilter][] = [
  ['the wallet', { walletIds: ['w-7'] }],
  ['the wallet, from a page on', { walletIds: ['w-7'], before: 'g' }],
  ['a status', { statuses: ['QUEUED'] }],
  ['an address', { address: RARE.toUpperCase().replace('0X', '0x') }],
  ['an address in a wallet', { address: RARE, walletIds: ['w-7'] }],
  ['a hash', { hash: HASH.toUpperCase().replace('0X', '0x') }],
  ['a label', { label: 'task:7' }],
]

forEachEngine((engine, open) => {
  test('a page that is narrowed to something rare reads little, however much there is', async () => {
    const database = await open(migrations)
    const rows = Array.from({ length: 3_000 }, (_, at) =>
      transactionRow({
        wallet_id: `w-${at % 100}`,
        status: at === 1_507 ? 'QUEUED' : 'CONFIRMED',
        addresses: [at === 1_507 ? RARE : '0x00000000000000000000000000000000000000bb'],
        labels: at === 1_507 ? JSON.stringify({ task: '7' }) : null,
      }),
    )
    const hashes = rows.map(({ id }, at) =>
      attemptRow({ transaction_id: id, state: 'final', hash: at === 1_507 ? HASH : `0xcd${at}` }),
    )
    await storeRows(database, rows, hashes)
    await database.work({}, async (db) => {
      for (const table of ['transactions', 'transaction_texts', 'transaction_addresses', 'attempts'])
        await db.query(() => sql.raw(`analyze ${table}`))
    })
    for (const [name, filter] of narrowed) {
      const found = await database.read((db) => listStore.list(db, filter, 100))
      expect([name, found.length]).toEqual([name, filter.walletIds && !filter.address ? 30 : 1])
      await plans[engine](database, await sqlOf(filter, engine))
    }
  })
})
