import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { LANE, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { migrations } from '../../migrations/all.ts'
import type { Database } from '../../platform/db/database.ts'
import { readyStore } from './ready-store.ts'
import { transactionStore } from './store.ts'

const query = { lane: LANE, wallet: 'w', count: 10 }
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => transactionRow({ created_at: 1_700_000_000_000 + at }))

forEachEngine((_, open) => {
  const next = (database: Database) => database.read((db) => readyStore.next(db, query))
  const still = (database: Database, seen: Awaited<ReturnType<typeof next>>) =>
    database.work({}, (db) => readyStore.still(db, new Map(seen.map((row) => [row.id, row])), query))

  test('what is read again is whole, in order, and as it is now', async () => {
    const database = await open(migrations)
    const [first, second, third] = rowsOf(3)
    await storeRows(database, [first!, second!, third!])
    const seen = await next(database)
    expect(seen.map(({ id }) => id)).toEqual([first!.id, second!.id, third!.id])
    expect(await still(database, seen)).toEqual(seen)
    await database.work({}, async (db) => {
      await transactionStore.nameFee(db, { id: second!.id, fee: '99' })
      await transactionStore.end(db, {
        ...{ id: first!.id, from: 'PENDING', to: 'CANCELLED', error: null, code: null, at: 1 },
      })
    })
    expect(await still(database, seen)).toEqual([{ ...seen[1], fee_bound: '99' }, seen[2]])
    expect(await still(database, [seen[2]!])).toEqual([seen[2]])
  })

  test('what was judged again meanwhile is not taken with the texts of before', async () => {
    const database = await open(migrations)
    const [row, other] = rowsOf(2)
    await storeRows(database, [row!, other!])
    const seen = await next(database)
    const judged = { tier: 'INSTANT', policy_version: 1, amount_usd: '7', max_fee: '21000' }
    const waits = { decision: '{}', draft: '{"now":1}', due_at: null, approval_expires_at: null, updated_at: 2 }
    await database.work({}, async (db) => {
      await transactionStore.requeue(db, { id: row!.id, judged_at: 2, ...judged, ...waits })
      await transactionStore.serveDelay(db, { id: row!.id, at: 3 })
    })
    expect((await still(database, seen)).map(({ id }) => id)).toEqual([other!.id])
    const [again] = await next(database)
    expect(again).toMatchObject({ id: row!.id, draft: '{"now":1}', judged_at: 2 })
  })
})
