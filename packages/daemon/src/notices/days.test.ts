import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { DOLLAR, madeUpBeds } from '../../test/made-up-bed.ts'
import { jsonLog } from '../platform/log.ts'
import { watcher } from './watching.ts'

const DAY_MS = 86_400_000
const limits = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10, daily_limit_usd: 10 }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  test('what became of the requests of a day is told after it, once, and nothing of a day without any', async () => {
    // At noon, some days ago: what moves its clock ahead begins in the past.
    const bed = await start({ limits, passed: DAY_MS / 2 - (Date.now() % DAY_MS) - 5 * DAY_MS })
    const now = () => Date.now() + bed.time.passed
    const day = new Date(now()).toISOString().slice(0, 10)
    const make = () =>
      watcher({
        ...{ database: bed.database, clock: { now, latest: now }, log: jsonLog('silent'), audit: bed.evidence },
        ...{ ending: async () => [], rpc: () => ({ networks: {}, used: [] }) },
      })
    const replicas = [make(), make()]
    async function told() {
      await Promise.all(replicas.map(({ look }) => look()))
      const rows = await bed.database.read((db) => bed.evidence.list(db, { event: 'DAILY_SUMMARY' }, 10))
      return rows.map(({ details }) => JSON.parse(details))
    }
    const { id } = await bed.sentPayment()
    await bed.mined(id, 'CONFIRMED')
    await bed.pay({ amount: String(20n * DOLLAR) }).catch(() => undefined)
    expect(await told()).toEqual([])
    bed.time.passed += DAY_MS / 2
    const summary = { day, confirmed: 1, failed: 0, cancelled: 1, open: 0 }
    expect(await told()).toEqual([summary])
    await make().look()
    expect(await told()).toEqual([summary])
    bed.time.passed += DAY_MS
    expect(await told()).toEqual([summary])
  })
})
