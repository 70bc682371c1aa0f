import { expect, test } from 'vitest'
import { nextEpoch, readKillSwitch } from '../../packages/daemon/src/killswitch/service.ts'
import { migrations } from '../../packages/daemon/src/migrations/all.ts'
import type { Database, Handle } from '../../packages/daemon/src/platform/db/database.ts'
import { beginStop } from '../../packages/daemon/src/transactions/stopping/backlog.ts'
import { type MadeUpBed, madeUpBeds } from '../../packages/daemon/test/made-up-bed.ts'
import { copyRow, storeRows, transactionRow } from '../../packages/daemon/test/transaction-rows.ts'
import { operator } from '../support/feature-bed.ts'
import { forEachEngine } from '../support/for-each-engine.ts'
import { type Buttons, buttonsOf } from '../support/stop-buttons.ts'
import { until } from '../support/until.ts'

const LIMITS = { instant_max_usd: 1_000, notify_max_usd: 2_000, delay_max_usd: 3_000, delay_seconds: 600 }
/** 2,500 dollars at the price of the bed, which wait. */
const DELAYED = '1250000'

/** Counts what jobs ask of the database. */
function counting(database: Database) {
  let statements = 0
  const counted = (db: Handle): Handle => {
    const asked =
      <Args extends unknown[], T>(ask: (...args: Args) => T) =>
      (...args: Args): T => {
        statements++
        return ask(...args)
      }
    return {
      all: asked(db.all.bind(db)),
      get: asked(db.get.bind(db)),
      run: asked(db.run.bind(db)),
      many: asked(db.many.bind(db)),
      query: asked(db.query.bind(db)),
      atEnd: (key, fn) => db.atEnd(key, fn),
    } as Handle
  }
  const counting: Database = {
    engine: database.engine,
    read: (fn) => database.read((db) => fn(counted(db))),
    work: (scope, fn) => database.work(scope, (db) => fn(counted(db))),
    hold: (scope, fn) => database.hold(scope, fn),
    fault: () => database.fault(),
    stats: () => database.stats(),
    close: () => database.close(),
  }
  const during = async (action: () => Promise<unknown>) => {
    const before = statements
    await action()
    return statements - before
  }
  return { database: counting, during }
}

type Stop = {
  name: string
  press(on: Buttons, from: MadeUpBed['from']): Promise<unknown>
  undo(on: Buttons, from: MadeUpBed['from']): Promise<unknown>
}
const stops: Stop[] = [
  {
    name: 'the kill switch',
    press: ({ killSwitch }) => killSwitch.activate(operator),
    undo: ({ killSwitch }) => killSwitch.recover(operator),
  },
  {
    name: 'a suspension',
    press: ({ walletService }, { id }) => walletService.suspend(id, 'for a test', operator),
    undo: ({ walletService }, { id }) => walletService.resume(id, operator),
  },
  {
    name: 'taking the wallet from its session',
    press: ({ sessionService }, { id, session }) => sessionService.unlink(session, id, operator),
    undo: ({ sessionService }, { id, session }) => sessionService.link(session, id, operator),
  },
]

forEachEngine((_engine, open, fresh) => {
  const start = madeUpBeds(open)
  /** A bed whose session has a second wallet, so that the first can be taken from it. */
  const startWithTwo = async (options: Parameters<typeof start>[0] = {}) => {
    const bed = await start({ limits: LIMITS, ...options })
    const other = await bed.wallet()
    await buttonsOf(bed).sessionService.link(bed.from.session, other.id, operator)
    return bed
  }

  test.each(stops)('$name costs the same, whatever waits', async ({ press, undo }) => {
    const bed = await startWithTwo()
    const { database, during } = counting(bed.database)
    const buttons = buttonsOf(bed, database)
    const idle = await during(() => press(buttons, bed.from))
    await undo(buttons, bed.from)
    const rows = [...Array(300)].map((_, index) =>
      transactionRow({
        wallet_id: bed.from.id,
        session_id: bed.from.session,
        lane: `nowhere/${bed.from.address}`,
        network: 'nowhere',
        status: index % 2 === 0 ? 'PENDING' : 'QUEUED',
        epoch: 50,
      }),
    )
    await bed.database.work(
      {},
      async (db) => void (await db.query((k) => k.updateTable('kill_switch').set({ epoch: 50 }))),
    )
    await storeRows(bed.database, rows)
    expect(await during(() => press(buttons, bed.from))).toBe(idle)
    // They are over at once, for whoever looks.
    for (const { id } of [rows[0]!, rows.at(-1)!]) expect((await bed.get(id)).status).toBe('CANCELLED')
    const listed = await bed.service.list({ walletIds: [bed.from.id], statuses: ['PENDING', 'QUEUED'] }, 10)
    expect(listed.items).toEqual([])
    expect(await bed.service.count({ walletIds: [bed.from.id], statuses: ['CANCELLED'] })).toBe(300)
  })

  test.each(stops)(
    'what waited at $name stays ended, although it is lifted before the rows are',
    async ({ press, undo }) => {
      const bed = await startWithTwo()
      const { from, service, database } = bed
      await service.stops.halt(from.id)
      const pending = await Promise.all([...Array(30)].map(() => bed.pay()))
      const queued = await bed.pay({ amount: DELAYED })
      expect((await bed.get(queued)).status).toBe('QUEUED')
      const buttons = buttonsOf(bed)
      await press(buttons, from)
      await undo(buttons, from)
      service.stops.resume(from.id)
      // Its delay is over, nobody lets it go on, and the lane works.
      bed.time.passed += 601_000
      await expect(service.approve(queued)).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
      const next = await bed.sentPayment()
      expect(bed.node.sent.map(({ hash }) => hash)).toEqual([next.hash])
      await until('all of them to be ended', async () => {
        const rows = await Promise.all([...pending, queued].map((id) => bed.row(id)))
        return rows.every((row) => row?.status === 'CANCELLED')
      })
      // Their money is free, and each is on record.
      const held = await database.read((db) =>
        db.query((k) => k.selectFrom('spends').select('transaction_id').where('state', '=', 'reserved')),
      )
      expect(held).toEqual([])
      await until('the stop to say how many it ended', async () => {
        const rows = await database.read((db) => bed.evidence.list(db, {}, 1_000))
        const done = rows.find(({ event }) => event === 'BACKLOG_CANCELLED')
        return done && JSON.parse(done.details).cancelled === 31
      })
      for (const id of [pending[0]!, queued])
        expect((await bed.events(id)).map(({ event }) => event)).toContain('TX_CANCELLED')
    },
  )

  test('with 200,000 requests that wait, the switch is thrown in time, and stays thrown', async () => {
    const location = await fresh()
    const bed = await startWithTwo({ location })
    const row = transactionRow({ wallet_id: bed.from.id, session_id: bed.from.session, status: 'QUEUED', epoch: 0 })
    await storeRows(bed.database, [row])
    await copyRow(bed.database, row.id, 200_000)
    const counted = await bed.service.count({ walletIds: [bed.from.id], statuses: ['QUEUED'] })
    expect(counted).toBeGreaterThanOrEqual(200_000)
    const begun = performance.now()
    await buttonsOf(bed).killSwitch.activate(operator)
    // Less than a twentieth of a millisecond for each, on a slow machine too.
    expect(performance.now() - begun).toBeLessThan(10_000)
    await bed.end()
    const database = await open(migrations, location)
    expect((await database.read((db) => readKillSwitch(db, bed.held))).state).toBe('SUSPENDED')
  })

  test('a stop whose process dies before it has ended a row is carried out by the next one', async () => {
    const location = await fresh()
    const bed = await start({ limits: LIMITS, location })
    await bed.service.stops.halt(bed.from.id)
    const pending = await Promise.all([...Array(5)].map(() => bed.pay()))
    await bed.end()
    const database = await open(migrations, location)
    const clock = { now: Date.now, latest: Date.now }
    const why = { error: 'stopped', code: 'SYSTEM_LOCKED', actor: 'operator' } as const
    await database.work({ exclusive: ['system'] }, (db) => beginStop({ parts: { clock, nextEpoch }, db }, why))
    await database.close()
    const after = await start({ limits: LIMITS, location }, bed.node)
    await until('all of them to be ended', async () => {
      const rows = await Promise.all(pending.map((id) => after.row(id)))
      return rows.every((row) => row?.status === 'CANCELLED')
    })
    expect(bed.node.sent).toEqual([])
  })
})
