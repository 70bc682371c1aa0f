import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds } from '../../test/made-up-bed.ts'
import { systemClock } from '../platform/clock.ts'
import { remind } from './reminding.ts'
import { type ReminderRow, reminderStore } from './rows/reminder-store.ts'

const HOUR = 3_600_000
/** A human decides on everything, within an hour. */
const LIMITS = { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0, approval_timeout: HOUR / 1_000 }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  const armed = async ({ database }: MadeUpBed, id: string): Promise<ReminderRow | undefined> =>
    (
      await database.read((db) =>
        db.query<ReminderRow>((k) => k.selectFrom('approval_reminders').selectAll().where('transaction_id', '=', id)),
      )
    )[0]
  /** As if it had waited since then, and somebody had to look now. */
  const waitedSince = ({ database }: MadeUpBed, id: string, since: number) =>
    database.work({}, (db) =>
      db.query((k) => k.updateTable('approval_reminders').set({ since, due_at: 1 }).where('transaction_id', '=', id)),
    )
  const told = async (bed: MadeUpBed, id: string) =>
    (await bed.events(id))
      .filter(({ event }) => event === 'TX_APPROVAL_REMINDED')
      .map(({ details }) => (JSON.parse(details) as { which: string }).which)

  test('what waits for a human is told of at half of its time and when a tenth is left, once each', async () => {
    const bed = await start({ limits: LIMITS })
    const id = await bed.pay()
    const row = (await bed.row(id))!
    const first = (await armed(bed, id))!
    expect([first.until, first.until - first.since]).toEqual([row.approval_expires_at, HOUR])
    expect(first.due_at).toBe(first.since + HOUR / 2)
    expect(await bed.database.read((db) => reminderStore.due(db, first.due_at - 1, 10))).toEqual([])
    await waitedSince(bed, id, first.since - HOUR)
    await until('half of the time to be told', async () => (await told(bed, id)).length > 0)
    const second = (await armed(bed, id))!
    expect(second.until - second.due_at).toBe(Math.floor((second.until - second.since) / 10))
    await waitedSince(bed, id, first.since - 100 * HOUR)
    await until('it to be the last', async () => (await armed(bed, id)) === undefined)
    expect(await told(bed, id)).toEqual(['half', 'last'])
  })

  test('however many daemons look at once, and however late, a reminder is told once', async () => {
    const bed = await start({ limits: LIMITS })
    const id = await bed.pay()
    const since = Date.now() - 100 * HOUR
    const seen = { ...(await armed(bed, id))!, since, due_at: 1 }
    await waitedSince(bed, id, since)
    const parts = { database: bed.database, clock: systemClock(), audit: bed.evidence }
    await Promise.all(Array.from({ length: 8 }, () => remind(parts, seen)))
    await until('it to be the last', async () => (await armed(bed, id)) === undefined)
    expect(await told(bed, id)).toEqual(['last'])
  })

  test.each(['approve', 'reject'] as const)('after an answer (%s) nobody is reminded', async (answer) => {
    const bed = await start({ limits: LIMITS })
    const id = await bed.pay()
    await bed.service[answer](id)
    await waitedSince(bed, id, Date.now() - HOUR)
    await until('its row to go', async () => (await armed(bed, id)) === undefined)
    expect(await told(bed, id)).toEqual([])
  })

  test('what waits for time, or runs, arms nothing', async () => {
    const bed = await start({
      limits: { ...LIMITS, instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1_000, delay_seconds: 600 },
    })
    for (const amount of [1n, 500n * DOLLAR]) {
      const id = await bed.pay({ amount: String(amount) } as never)
      expect((await bed.row(id))!.tier).toBe(amount === 1n ? 'INSTANT' : 'DELAY')
      expect(await armed(bed, id)).toBeUndefined()
    }
  })
})
