import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { migrations } from '../migrations/all.ts'
import type { TimeSources } from './clock.ts'
import { clockMark } from './clock-mark.ts'
import type { Database } from './db/database.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

/** A machine whose clock is wrong by some milliseconds, and is set by hand. */
function machine(wrongBy = 0) {
  const set = { by: wrongBy }
  const sources: TimeSources = {
    wall: () => Date.now() + set.by,
    running: () => performance.now(),
    warn: () => undefined,
  }
  return { set, sources }
}

const setMark = (database: Database, high: number) =>
  database.work({}, (db) => db.query((kysely) => kysely.updateTable('clock_mark').set({ high })))

const serverTime = sql<{ at: number }>`select cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint) as at`

/** Time passes between the two readings of a comparison. */
const MOMENT = 2_000

forEachEngine((engine, open, fresh) => {
  test('the time of one run is the least that the next one begins with', async () => {
    const location = await fresh()
    const first = await clockMark(await open(migrations, location), machine().sources)
    const seen = first.clock.now()
    await first.exchange()
    const next = await clockMark(await open(migrations, location), machine(-HOUR).sources)
    expect(next.clock.now()).toBeGreaterThanOrEqual(seen)
  })

  test('a mark of days ago is where time goes on', async () => {
    const database = await open(migrations)
    const mark = Date.now() - 2 * DAY
    await setMark(database, mark)
    const { clock } = await clockMark(database, machine().sources)
    expect(clock.held()?.since).toBe('start')
    expect(clock.now() - mark).toBeLessThan(MOMENT)
    expect(Math.abs(clock.latest() - Date.now())).toBeLessThan(MOMENT)
  })

  test('what one process believes is believed by the next that looks, and never goes back', async () => {
    const location = await fresh()
    const database = await open(migrations, location)
    await setMark(database, Date.now() - 2 * DAY)
    const one = await clockMark(database, machine().sources)
    const two = await clockMark(await open(migrations, location), machine().sources)
    const at = one.clock.latest()
    await database.work({}, (db) => one.raise(db, at))
    one.clock.believe(at)
    await two.exchange()
    expect(two.clock.held()).toBeUndefined()
    expect(two.clock.now()).toBeGreaterThanOrEqual(at)
    await database.work({}, (db) => one.raise(db, at - DAY))
    expect((await clockMark(database, machine().sources)).clock.now()).toBeGreaterThanOrEqual(at)
  })

  if (engine === 'sqlite') {
    test('the machine tells the time', async () => {
      const { clock } = await clockMark(await open(migrations), machine(-HOUR).sources)
      expect(Math.abs(clock.now() - (Date.now() - HOUR))).toBeLessThan(MOMENT)
    })
    return
  }

  test('two replicas whose machines differ by hours agree to the moment, and none is ahead of the database', async () => {
    const location = await fresh()
    const database = await open(migrations, location)
    const [early, late] = [machine(-3 * HOUR), machine(5 * HOUR)]
    const one = await clockMark(database, early.sources)
    const two = await clockMark(await open(migrations, location), late.sources)
    late.set.by += DAY
    await two.exchange()
    const readings = [one, two, one, two].map(({ clock }) => clock.now())
    expect(Math.max(...readings) - Math.min(...readings)).toBeLessThan(MOMENT)
    expect([one.clock.held(), two.clock.held()]).toEqual([undefined, undefined])
    const [server] = await database.read((db) => db.query<{ at: number }>(() => serverTime))
    for (const reading of readings) expect(reading).toBeLessThanOrEqual(server!.at)
  })
})
