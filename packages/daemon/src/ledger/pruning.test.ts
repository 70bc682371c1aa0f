import { newId, toBase, toUsd } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { prune } from './pruning.ts'
import { DAY_WINDOW, finish, MONTH_WINDOW, reserve, sessionTotal, walletWindow } from './service.ts'
import { ledgerStore, SPANS } from './store.ts'

const MINUTE = 60_000
const start = Date.parse('2030-03-01T00:00:00Z')
const wallet = 'w1'
const session = 's1'
const networks = ['a', 'b'] as const

type Spending = { at: number; usd: number; network: (typeof networks)[number]; isFinal: boolean }

async function spend(db: Handle, { at, usd, network, isFinal }: Spending, account = wallet): Promise<void> {
  const transactionId = newId()
  const items = [
    { part: 'value', asset: 'native', amount: toBase(BigInt(usd)), usd: toUsd(BigInt(usd)) },
    { part: 'fee', asset: 'unpriced', amount: toBase(7n), usd: null },
  ] as const
  await reserve(db, { transactionId, account, sessionId: session, network, items }, at)
  if (isFinal) await finish(db, [{ transactionId, outcome: { succeeded: true, fee: toBase(3n) } }], at)
}

/** All that limits are judged by. */
const counted = (database: Database, now: number) =>
  database.read(async (db) => {
    const windows = []
    for (const lengthMs of [DAY_WINDOW, MONTH_WINDOW])
      for (const network of [undefined, ...networks])
        windows.push(
          await walletWindow(db, { worth: () => null, account: wallet, now, lengthMs, ...(network && { network }) }),
        )
    return { windows, session: await sessionTotal(db, { sessionId: session, worth: () => null }) }
  })

const bucketCount = async (database: Database) =>
  (await database.read((db) => db.query<{ start: number }>((k) => k.selectFrom('spend_buckets').select('start'))))
    .length

async function pruneAll(database: Database, now: number): Promise<number> {
  let rounds = 1
  while (await prune({ database, clock: { now: () => now, latest: () => now } })) rounds += 1
  return rounds
}

forEachEngine((engine, open) => {
  test('limits count exactly the same before and after old buckets are gone, now and ever after', async () => {
    const spendings = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 80 * DAY_WINDOW }).map((ms) => start + ms),
        usd: fc.integer({ min: 1, max: 1_000_000 }),
        network: fc.constantFrom(...networks),
        isFinal: fc.boolean(),
      }),
      { maxLength: 40 },
    )
    const after = fc.integer({ min: 0, max: 40 * DAY_WINDOW })
    await fc.assert(
      fc.asyncProperty(spendings, fc.array(after, { maxLength: 4 }), async (all, laters) => {
        const database = await open(migrations)
        await database.work({}, async (db) => {
          for (const one of all.toSorted((a, b) => a.at - b.at)) await spend(db, one)
        })
        const now = start + 80 * DAY_WINDOW
        const times = [now, now + MINUTE, ...laters.map((ms) => now + ms)]
        const look = async () => {
          const seen = []
          for (const at of times) seen.push(await counted(database, at))
          return seen
        }
        const before = await look()
        await pruneAll(database, now)
        expect(await look()).toEqual(before)
      }),
      { numRuns: engine === 'sqlite' ? 40 : 8 },
    )
  })

  test('what no window reaches any more is removed, a bounded part at a time, and nothing else', async () => {
    const database = await open(migrations)
    const now = start + 60 * DAY_WINDOW
    const limit = now - MONTH_WINDOW - DAY_WINDOW
    const scope = `wallet:${wallet}`
    const put = (span: number, at: number) =>
      database.work({}, (db) => ledgerStore.setBucket(db, { scope, unit: 'usd', span, start: at, amount: '1' }))
    await database.work({}, (db) => ledgerStore.setOpen(db, { scope, unit: 'usd' }, 0n))
    const kept = SPANS.flatMap((span) => [limit, limit + span].map((at) => ({ span, at })))
    for (const { span, at } of kept) await put(span, at)
    await database.work({}, (db) => spend(db, { at: now, usd: 5, network: 'a', isFinal: true }))
    const most = await bucketCount(database)
    for (let index = 1; index <= 1_500; index++) await put(MINUTE, limit - index * MINUTE)
    await put(3_600_000, limit - 3_600_000)
    expect(await prune({ database, clock: { now: () => now, latest: () => now } })).toBe(true)
    expect(await bucketCount(database)).toBe(most + 500)
    expect(await pruneAll(database, now)).toBe(2)
    expect(await bucketCount(database)).toBe(most)
    expect(await sessionTotalOf(database)).toBe(5n)
  })

  test('buckets of many wallets are removed beside payments that are booked at the same time', async () => {
    const database = await open(migrations)
    const wallets = Array.from({ length: 60 }, (_, index) => `wallet-${index}`)
    const old: Spending = { at: start, usd: 5, network: 'a', isFinal: true }
    const now = start + 60 * DAY_WINDOW
    for (const id of wallets) await database.work({}, (db) => spend(db, old, id))
    const bookings = wallets.map((id) =>
      database.work({ shared: ['system'], exclusive: [`wallet:${id}`, `session:${session}`] }, (db) =>
        spend(db, { ...old, at: now }, id),
      ),
    )
    const [rounds] = await Promise.all([pruneAll(database, now), ...bookings])
    expect(rounds).toBeGreaterThan(2)
    for (const id of wallets) {
      const query = { account: id, now, lengthMs: MONTH_WINDOW }
      expect((await database.read((db) => walletWindow(db, { ...query, worth: () => null }))).total).toBe(5n)
    }
    // Of each wallet the new spend in usd and in the unit of its fee, by minute and hour, on all networks and on one; of the one session likewise, and for life.
    expect(await bucketCount(database)).toBe(60 * 2 * 2 * 2 + 2 * 3)
  })
})

const sessionTotalOf = (database: Database) =>
  database.read((db) => sessionTotal(db, { sessionId: session, worth: () => null }))
