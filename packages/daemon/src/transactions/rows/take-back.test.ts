import { TransactionStatus } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../../test/support/strict-audit.ts'
import { migrations } from '../../../test/pipeline-bed.ts'
import { attemptRow, recordedRow, storedOf, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { reserve } from '../../ledger/service.ts'
import type { Database } from '../../platform/db/database.ts'
import { type AttemptRow, asAttempt, attemptStore } from './attempt-store.ts'
import { endUnsent } from './ending.ts'
import { isUnsigned } from './states.ts'
import { type TransactionRow, transactionStore } from './store.ts'
import { unsubmit } from './take-back.ts'
import { unsentStore } from './unsent-store.ts'

const clock = { now: () => 1_000, latest: () => 1_000 }
const parts = { clock, audit: strictAudit({ clock }) }
const why = { error: 'stopped', code: 'WALLET_SUSPENDED', actor: 'operator' } as const

const hold = (database: Database, { id, wallet_id, session_id, network }: TransactionRow) =>
  database.work({}, (db) =>
    reserve(db, { transactionId: id, account: wallet_id, sessionId: session_id, network, items: [] }, 1),
  )
const read = (database: Database, id: string) =>
  database.read(async (db) => ({
    row: (await transactionStore.byId(db, id))!,
    states: (await attemptStore.ofTransaction(db, id)).map(({ state }) => state),
  }))

const recorded = { state: fc.constant<AttemptRow['state']>('recorded'), left_at: fc.constant<null | number>(null) }
const anyAttempt = fc.record({
  state: fc.constantFrom<AttemptRow['state']>('issued', 'recorded', 'included', 'final', 'void', 'dropped', 'reused'),
  left_at: fc.constantFrom(null, 5),
})
/** Half of the time most of them are recorded and have not left. */
const attempts = fc.oneof(
  fc.array(anyAttempt, { maxLength: 4 }),
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.record(recorded) }, anyAttempt), { minLength: 1, maxLength: 4 }),
)

forEachEngine((_engine, open) => {
  test('signed bytes are taken back only when none of them can have left, and then all of them, their nonce free once', async () => {
    const database = await open(migrations)
    await fc.assert(
      fc.asyncProperty(attempts, async (made) => {
        const row = transactionRow({ status: 'SUBMITTED', tx_hash: '0xab' })
        const before = made.map((change) => recordedRow({ ...change, transaction_id: row.id }))
        await storeRows(database, [row], before)
        await hold(database, row)
        const signed = before.filter(({ state }) => ['recorded', 'included', 'final'].includes(state))
        const mayBack =
          signed.length > 0 && signed.every(({ state, left_at }) => state === 'recorded' && left_at === null)
        const taken = await database.work({}, (db) => unsubmit(db, row.id, 9))
        expect(taken?.map(({ id }) => id)).toEqual(mayBack ? signed.map(({ id }) => id) : undefined)
        const now = await read(database, row.id)
        expect(now.row.status).toBe(mayBack ? 'PENDING' : 'SUBMITTED')
        expect(now.row.tx_hash).toBe(mayBack ? null : '0xab')
        const back = signed.map((_, index) => (index === 0 ? 'dropped' : 'reused'))
        const rest = before.map(({ state }) => (mayBack && state === 'recorded' ? back.shift() : state))
        expect(now.states).toEqual(rest)
      }),
      { numRuns: 40 },
    )
  })

  test('a stop reaches all of a wallet of which nothing has left, and names the wallets that have such', async () => {
    const database = await open(migrations)
    const rows = TransactionStatus.options.map((status) => transactionRow({ status, wallet_id: `w-${status}` }))
    const kept = transactionRow({ status: 'SUBMITTED', wallet_id: 'kept' })
    const left = transactionRow({ status: 'SUBMITTED', wallet_id: 'left' })
    await storeRows(
      database,
      [...rows, kept, left],
      [
        recordedRow({ transaction_id: kept.id }),
        recordedRow({ transaction_id: left.id, left_at: 1 }),
        // Its bytes were dropped before they left, and there are no others.
        recordedRow({ transaction_id: rows.find(({ status }) => status === 'SUBMITTED')!.id, state: 'dropped' }),
      ],
    )
    const wallets = await database.read((db) => unsentStore.wallets(db))
    const expected = rows.filter(({ status }) => isUnsigned(status)).map((row) => row.wallet_id)
    expect(wallets.toSorted()).toEqual([...expected, 'kept'].toSorted())
    for (const row of [...rows, kept, left]) {
      const found = await database.read((db) => unsentStore.ofWallet(db, row.wallet_id))
      expect(found.map(({ id }) => id)).toEqual(wallets.includes(row.wallet_id) ? [row.id] : [])
    }
  })

  test('what is over stays as it is, whoever wants to end it', async () => {
    const database = await open(migrations)
    for (const status of ['CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED', 'SUBMITTED'] as const) {
      const row = transactionRow({ status, wallet_id: status })
      await storeRows(database, [row])
      await hold(database, row)
      const end = () => database.work({}, (db) => endUnsent({ parts, db }, row, { ...why, to: 'CANCELLED' }))
      expect(await end(), status).toBe(false)
      expect((await read(database, row.id)).row).toEqual(storedOf(row))
    }
  })

  test('what is ended between the look and the lock is ended once', async () => {
    const database = await open(migrations)
    const row = transactionRow({ status: 'EXECUTING' })
    await storeRows(database, [row], [attemptRow({ transaction_id: row.id })])
    await hold(database, row)
    const end = () => database.work({}, (db) => endUnsent({ parts, db }, row, { ...why, to: 'CANCELLED' }))
    expect([await end(), await end()]).toEqual([true, false])
    expect(await read(database, row.id)).toMatchObject({
      row: { status: 'CANCELLED', error: 'stopped', error_code: 'WALLET_SUSPENDED' },
      states: ['dropped'],
    })
    const events = await database.read((db) => parts.audit.list(db, { event: 'TX_CANCELLED' } as never, 10))
    expect(events).toHaveLength(1)
  })

  test('a reservation that is damaged keeps nothing from being ended; that it is damaged goes on record', async () => {
    const database = await open(migrations)
    const row = transactionRow()
    await storeRows(database, [row])
    await hold(database, row)
    await database.work({}, (db) => db.query((k) => k.updateTable('spends').set({ items: 'no items' })))
    const end = () => database.work({}, (db) => endUnsent({ parts, db }, row, { ...why, to: 'CANCELLED' }))
    expect(await end()).toBe(true)
    const [event] = await database.read((db) => parts.audit.list(db, { event: 'TX_CANCELLED' } as never, 10))
    expect(event).toMatchObject({ severity: 'critical' })
    expect(JSON.stringify(event!.details)).toContain('ledger')
  })
})

test('an attempt that was never signed is nothing to look for', () => {
  const row = recordedRow({ nonce: 3, last_valid: 9 })
  expect(asAttempt(row)).toEqual({
    ...{ id: row.id, hash: '0xab', sender: row.sender, maxFee: 21_000n, lifetime: { nonce: 3, lastValid: 9 } },
  })
  const block = { block_height: 7, block_hash: '0xb', succeeded: 0 }
  expect(asAttempt({ ...row, ...block }).block).toEqual({ height: 7, hash: '0xb', succeeded: false })
  expect(() => asAttempt(attemptRow())).toThrow('was never signed')
})
