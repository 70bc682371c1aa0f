import { newId } from '@waiaas/contract'
import { sql } from 'kysely'
import type { Database, Handle } from '../src/platform/db/database.ts'
import { type AttemptRow, type AttemptTexts, attemptStore, inNoBlock } from '../src/transactions/rows/attempt-store.ts'
import { type NewRow, type TransactionRow, transactionStore, unjudged } from '../src/transactions/rows/store.ts'

const ADDRESS = '0x1111111111111111111111111111111111111111'
export const LANE = `local-evm/${ADDRESS}`

/** Test support: a stored transaction that was allowed to run, changed as wanted. */
export function transactionRow(change: Partial<NewRow> = {}): NewRow {
  const at = change.created_at ?? Date.now()
  const intent = { kind: 'transfer', to: ADDRESS, amount: '5' }
  return {
    ...unjudged,
    ...{ id: newId(at), wallet_id: 'w', session_id: 's', type: 'TRANSFER', status: 'PENDING', tier: 'INSTANT' },
    ...{ network: 'local-evm', lane: LANE, request_hash: 'h', to_address: ADDRESS, asset: 'eip155:31337/slip44:60' },
    ...{
      amount: '5',
      decimals: 18,
      symbol: 'ETH',
      max_fee: '21000',
      digest: 'd',
      policy_version: 1,
      epoch: 1,
      judged_at: at,
      amount_usd: '7',
    },
    ...{ plan_id: null, plan_step: null, plan_until: null, sweep_id: null },
    ...{
      created_at: at,
      updated_at: at,
      labels: null,
      addresses: [],
      allowances: [],
      gas_condition: null,
      draft: '{}',
      hints: '{}',
    },
    request: JSON.stringify({ type: 'TRANSFER', network: 'local-evm', intent }),
    effects: JSON.stringify({ network: 'local-evm', sender: ADDRESS, effects: [], fee: { asset: 'a', max: '1' } }),
    decision: JSON.stringify({ outcome: 'ALLOW', tier: 'INSTANT', reasons: [], inputs: { prices: {} } }),
    ...change,
  }
}

/** A transaction as it is read: what finds it is in tables of its own. */
export function storedOf({ addresses: _addresses, allowances: _allowances, ...row }: NewRow): TransactionRow {
  return row
}

/** An attempt whose bytes are stored and not signed, changed as wanted. */
export function attemptRow(change: Partial<AttemptRow> = {}): AttemptRow {
  const at = change.created_at ?? Date.now()
  return {
    ...inNoBlock,
    ...{ id: newId(at), transaction_id: 't', session_id: 's', lane: LANE, network: 'local-evm', sender: ADDRESS },
    ...{
      state: 'issued',
      purpose: 'send',
      asked_by: null,
      max_fee: '21000',
      cost: '21005',
      nonce: 0,
      blockhash: null,
    },
    ...{
      last_valid: null,
      variation: null,
      hash: null,
      signed: null,
      left_at: null,
      seen_block: null,
    },
    ...{ created_at: at, updated_at: at },
    ...change,
  }
}

/** What is stored beside an attempt, changed as wanted. */
export const attemptTexts = (id: string, change: Partial<AttemptTexts> = {}): AttemptTexts => ({
  ...{ id, decision: null, draft: '{}', unsigned: '', authorisation: '{}' },
  ...change,
})

/** Signed, with bytes that may have left at `left_at`. */
export const recordedRow = (change: Partial<AttemptRow> = {}): AttemptRow =>
  attemptRow({ state: 'recorded', hash: '0xab', signed: 'AA==', ...change })

/** Stores them as they are. */
export const storeRows = (
  database: Database,
  transactions: readonly NewRow[],
  attempts: readonly AttemptRow[] = [],
): Promise<void> =>
  database.work({}, async (db) => {
    for (const row of transactions) await transactionStore.insert(db, row)
    await attemptStore.insert(
      db,
      attempts.map((row) => ({ row, texts: attemptTexts(row.id) })),
    )
  })

/** So many at once: a statement may take thirty seconds, on a slow machine too. */
const COPIED_AT_ONCE = 10_000

/** So many copies of a stored transaction that waits, each with an id of its own. */
export async function copyRow(database: Database, id: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += COPIED_AT_ONCE)
    await copyPart(database, id, { first: from + 1, last: Math.min(from + COPIED_AT_ONCE, count) })
  await database.work({}, (db) => countCopies(db, id, count))
}

type Part = { readonly first: number; readonly last: number }

async function copyPart(database: Database, id: string, { first, last }: Part): Promise<void> {
  const numbers =
    database.engine === 'sqlite'
      ? sql`(with recursive n(i) as (select ${first} union all select i + 1 from n where i < ${last}) select i from n)`
      : sql`(select generate_series(${first}::int, ${last}::int) as i)`
  for (const table of ['transactions', 'transaction_texts'] as const) {
    await database.work({}, async (db) => {
      const [row] = await db.query((k) => k.selectFrom(table).selectAll().where('id', '=', id))
      const names = sql.join(Object.keys(row!).flatMap((name) => (name === 'id' ? [] : [sql.ref(name)])))
      await db.query(
        () => sql`insert into ${sql.table(table)} (id, ${names})
          select id || '-' || numbers.i, ${names} from ${sql.table(table)}, ${numbers} as numbers where id = ${id}`,
      )
    })
  }
}

async function countCopies(db: Handle, id: string, count: number): Promise<void> {
  const [row] = await db.query((k) =>
    k.selectFrom('transactions').select(['wallet_id', 'session_id']).where('id', '=', id),
  )
  const scopes = [`wallet:${row!.wallet_id}`, `session:${row!.session_id}`]
  await db.query((k) =>
    k
      .updateTable('waiting')
      .set((eb) => ({ count: eb('count', '+', count) }))
      .where('scope', 'in', scopes),
  )
}
