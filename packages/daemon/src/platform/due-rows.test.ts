import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { migrations } from '../migrations/all.ts'
import type { StopRow } from '../transactions/stopping/stop-store.ts'
import { stopStore } from '../transactions/stopping/stop-store.ts'
import type { Database } from './db/database.ts'
import { type DueWork, dueRows, dueWorker, unleased } from './due-rows.ts'
import { jsonLog } from './log.ts'

const rows = dueRows('stops')
const log = jsonLog('silent')
const row = (id: string, change: Partial<StopRow> = {}): StopRow => ({
  ...unleased,
  ...{ id, at: 0, epoch: 1, wallet_id: null, session_id: null, error: 'e', code: 'c', actor: 'operator' },
  ...{ cancelled: 0, due_at: 0 },
  ...change,
})
const store = (database: Database, ...all: StopRow[]) =>
  database.work({}, async (db) => {
    for (const each of all) await stopStore.insert(db, each)
  })
const taking = (owner: string, now: number, at = now) => ({ owner, now, at })
const first = (database: Database, by: ReturnType<typeof taking>) => database.read((db) => rows.first(db, by))
const take = (database: Database, id: string, by: ReturnType<typeof taking>) =>
  database.work({}, (db) => rows.take(db, id, by))
const find = (database: Database, id: string) => database.read((db) => stopStore.byId(db, id))

forEachEngine((_engine, open, fresh) => {
  test('what has been due longest is first, and nothing before its time', async () => {
    const database = await open(migrations)
    await store(database, row('later', { due_at: 20 }), row('sooner', { due_at: 10 }), row('not yet', { due_at: 31 }))
    expect(await first(database, taking('me', 9))).toBeUndefined()
    expect(await first(database, taking('me', 30))).toBe('sooner')
    expect(await take(database, 'sooner', taking('other', 30))).toBe(true)
    expect(await first(database, taking('me', 30))).toBe('later')
    expect(await take(database, 'not yet', taking('me', 30))).toBe(false)
  })

  test('of many that want a row at once one gets it, until its lease is over by the latest time it may be', async () => {
    const location = await fresh()
    const replicas = [await open(migrations, location), await open(migrations, location)]
    await store(replicas[0]!, row('one'))
    const taken = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => take(replicas[n % 2]!, 'one', taking(`r${n}`, 1))))
    expect(taken.filter(Boolean)).toHaveLength(1)
    const owner = (await find(replicas[0]!, 'one'))!.lease_owner!
    // Who has it takes it again, as after a quick restart.
    expect(await first(replicas[0]!, taking(owner, 2))).toBe('one')
    expect(await take(replicas[0]!, 'one', taking('heir', 15_000))).toBe(false)
    expect(await take(replicas[0]!, 'one', taking('heir', 1, 15_002))).toBe(true)
    // The one of before says nothing more about it.
    await replicas[0]!.work({}, (db) => rows.settle(db, { id: 'one', owner, next: { over: true } }))
    expect(await find(replicas[0]!, 'one')).toMatchObject({ lease_owner: 'heir' })
    await replicas[0]!.work({}, (db) => rows.settle(db, { id: 'one', owner: 'heir', next: { dueAt: 99 } }))
    expect(await find(replicas[0]!, 'one')).toMatchObject({ due_at: 99, ...unleased })
  })

  const worker = (database: Database, run: DueWork['run'], instance = 'me') => {
    const clock = { now: () => Date.now(), latest: () => Date.now() }
    return dueWorker({ database, clock, log, instance }, { name: 'work of a test', table: 'stops', run })
  }

  test('work that fails is due again and keeps no other waiting; what is over is gone', async () => {
    const database = await open(migrations)
    await store(database, row('bad', { due_at: 1 }), row('good', { due_at: 2 }))
    const seen: string[] = []
    const working = worker(database, async (id) => {
      seen.push(id)
      if (id === 'bad' && !seen.includes('good')) throw new Error('not now')
      return { over: true }
    })
    await until('both to be over', async () => !(await find(database, 'bad')) && !(await find(database, 'good')))
    await working.stop()
    expect(seen).toEqual(['bad', 'good', 'bad'])
  })

  test('a row that is due again at once lets the others have their turn', async () => {
    const database = await open(migrations)
    await store(database, row('long', { due_at: 1 }), row('short', { due_at: 2 }))
    const seen: string[] = []
    const working = worker(database, async (id) => {
      seen.push(id)
      return id === 'long' && seen.length < 4 ? { dueAt: Date.now() } : { over: true }
    })
    await until('both to be over', async () => !(await find(database, 'long')))
    await working.stop()
    expect(seen.indexOf('short')).toBe(1)
  })

  test('what a worker that died had begun is taken up by another', async () => {
    const location = await fresh()
    const database = await open(migrations, location)
    await store(database, row('one', { lease_owner: 'dead', lease_until: Date.now() + 300 }))
    const { promise, resolve } = Promise.withResolvers<string>()
    const working = worker(database, async (id) => {
      resolve(id)
      return { over: true }
    })
    expect(await promise).toBe('one')
    await working.stop()
  })
})
