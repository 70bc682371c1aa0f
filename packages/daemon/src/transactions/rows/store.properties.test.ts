import { TransactionStatus } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations } from '../../../test/pipeline-bed.ts'
import { attemptRow, attemptTexts, storedOf, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import type { Handle } from '../../platform/db/database.ts'
import { attemptStore } from './attempt-store.ts'
import { listStore } from './list-store.ts'
import { mayMove, type Status } from './states.ts'
import { type TransactionRow, transactionStore } from './store.ts'

const statuses = fc.constantFrom<Status>(...TransactionStatus.options)
const places = fc.record({ from: statuses, to: statuses })
type Model = { status: Status; tier: string; hash: string | null }
type Wish = {
  name: string
  from: Status | undefined
  to: Status | undefined
  /** What it needs beside its state. */
  needs?: (model: Model) => boolean
  hash?: string | null
  run(db: Handle, id: string, at: number): Promise<unknown>
}

const free = (
  name: string,
  run: (db: Handle, change: { id: string; from: Status; to: Status; at: number }) => unknown,
) => places.map(({ from, to }): Wish => ({ name, from, to, run: async (db, id, at) => run(db, { id, from, to, at }) }))
const fixed = (wish: Wish) => fc.constant(wish)

/** Everything that changes the state of a stored transaction. */
const wishes = fc.oneof(
  free('move', transactionStore.move),
  free('end', (db, change) => transactionStore.end(db, { ...change, error: 'over', code: 'X' })),
  free('land', async (db, change) =>
    Boolean(await transactionStore.land(db, { ...change, hash: null, height: 7, error: null, code: null })),
  ),
  fixed({
    ...{ name: 'submit', from: 'EXECUTING', to: 'SUBMITTED', hash: '0xaa' },
    run: (db, id, at) => transactionStore.submit(db, { id, hash: '0xaa', at }),
  }),
  fixed({
    ...{ name: 'unsubmit', from: 'SUBMITTED', to: 'PENDING', hash: null },
    run: (db, id, at) => transactionStore.unsubmit(db, { id, at }),
  }),
  fixed({
    ...{ name: 'serveDelay', from: 'QUEUED', to: 'PENDING' },
    run: (db, id, at) => transactionStore.serveDelay(db, { id, at }),
  }),
  fixed({
    ...{ name: 'approve', from: 'QUEUED', to: 'PENDING', needs: ({ tier }) => tier === 'APPROVAL' },
    run: (db, id, at) => transactionStore.approve(db, { id, by: 'operator', usd: null, fee: null, at }),
  }),
)
const starts = fc.record({
  status: fc.constantFrom<Status>('PENDING', 'QUEUED', 'EXECUTING', 'SUBMITTED', 'CONFIRMED', 'FAILED'),
  tier: fc.constantFrom('INSTANT', 'DELAY', 'APPROVAL'),
})

forEachEngine((_engine, open) => {
  test('a change wins only from the state it names, the table refuses what nobody may do, and a lost one changes nothing', async () => {
    const database = await open(migrations)
    const reached = new Set<string>()
    const play = async (start: { status: Status; tier: string }, all: readonly Wish[]) => {
      const before = transactionRow({ ...start, tx_hash: null })
      await storeRows(database, [before])
      const model: Model = { ...start, hash: null }
      let row: TransactionRow = storedOf(before)
      await database.work({}, async (db) => {
        for (const [index, wish] of all.entries()) {
          const at = before.created_at + index + 1
          const isAllowed = !wish.from || !wish.to || mayMove(wish.from, wish.to)
          const outcome = await wish.run(db, before.id, at).catch((error: Error) => error.message)
          const wins = isAllowed && model.status === wish.from && (wish.needs?.(model) ?? true)
          expect(outcome, wish.name).toBe(isAllowed ? wins : `a transaction never goes from ${wish.from} to ${wish.to}`)
          const now = (await transactionStore.byId(db, before.id))!
          if (wins) {
            reached.add(`${wish.name} ${wish.from} ${wish.to}`)
            model.status = wish.to!
            if (wish.hash !== undefined) model.hash = wish.hash
            expect(now.updated_at).toBe(at)
          } else expect(now).toEqual(row)
          expect({ status: now.status, hash: now.tx_hash }).toEqual({ status: model.status, hash: model.hash })
          // What stands in the other table goes with none of these.
          expect(now).toMatchObject({ request: before.request, decision: before.decision, draft: before.draft })
          row = now
        }
      })
    }
    await fc.assert(
      fc.asyncProperty(starts, fc.array(wishes, { maxLength: 25 }), (start, all) => play(start, all)),
      { numRuns: 60 },
    )
    // Every way of the table, with each of the changes that take any way.
    for (const from of TransactionStatus.options)
      for (const to of TransactionStatus.options)
        if (mayMove(from, to)) {
          const [move] = fc.sample(free('move', transactionStore.move), { numRuns: 1 })
          await play({ status: from, tier: 'INSTANT' }, [
            { ...move!, from, to, run: (db, id, at) => transactionStore.move(db, { id, from, to, at }) },
          ])
          expect(reached).toContain(`move ${from} ${to}`)
        }
  })

  test('only a PENDING transaction takes another judgement, whose decision and draft are those in force', async () => {
    const database = await open(migrations)
    const read = (id: string) => database.read((db) => transactionStore.byId(db, id))
    const listed = (id: string) => database.read((db) => listStore.byId(db, id))
    for (const status of TransactionStatus.options) {
      const made = transactionRow({ status })
      const row = storedOf(made)
      const { id } = row
      const attempt = attemptRow({ transaction_id: id })
      const second = { decision: '{"outcome":"second"}', draft: '{"second":1}' }
      await storeRows(database, [made])
      await database.work({}, (db) =>
        attemptStore.insert(db, [{ row: attempt, texts: attemptTexts(attempt.id, second) }]),
      )
      const isPending = status === 'PENDING'
      const judged = { id, tier: 'NOTIFY', policy_version: 9, amount_usd: '8', max_fee: '22', judged_at: 2 }
      const execute = { ...judged, attempt: attempt.id, at: 3 }
      expect(await database.work({}, (db) => transactionStore.execute(db, row, execute))).toBe(isPending)
      const signed = { ...row, ...judged, updated_at: 3, judged_attempt: attempt.id, ...second }
      const executing = isPending ? { ...signed, status: 'EXECUTING' } : row
      expect(await read(id)).toEqual(executing)
      expect((await listed(id))?.decision).toBe(executing.decision)
      if (isPending)
        await database.work({}, (db) => transactionStore.move(db, { id, from: 'EXECUTING', to: 'PENDING', at: 4 }))
      const waits = { due_at: 5, approval_expires_at: null, decision: '{"outcome":"third"}', draft: '{"third":1}' }
      const requeue = { ...judged, tier: 'DELAY', ...waits, judged_at: 5, updated_at: 6 }
      expect(await database.work({}, (db) => transactionStore.requeue(db, requeue))).toBe(isPending)
      const queued = { ...row, ...requeue, status: 'QUEUED', judged_attempt: null }
      expect(await read(id)).toEqual(isPending ? queued : row)
      expect((await listed(id))?.decision).toBe(isPending ? waits.decision : row.decision)
    }
  })

  test('a reason to wait is noted on what is open, and forgotten when it moves on', async () => {
    const database = await open(migrations)
    for (const status of TransactionStatus.options) {
      const row = transactionRow({ status })
      await storeRows(database, [row])
      const { wait_reason } = await database.work({}, async (db) => {
        await transactionStore.wait(db, { id: row.id, reason: 'no price' })
        return (await transactionStore.byId(db, row.id))!
      })
      expect(wait_reason, status).toBe(['PENDING', 'SUBMITTED', 'SIGNED'].includes(status) ? 'no price' : null)
    }
    const row = transactionRow({ status: 'EXECUTING', wait_reason: 'it was told' })
    await storeRows(database, [row])
    await database.work({}, (db) => transactionStore.submit(db, { id: row.id, hash: '0x1', at: 1 }))
    expect((await database.read((db) => transactionStore.byId(db, row.id)))?.wait_reason).toBeNull()
  })
})
