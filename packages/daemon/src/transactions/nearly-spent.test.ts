import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds } from '../../test/made-up-bed.ts'
import { FINAL_AFTER } from '../../test/made-up-node.ts'

const DAY_MS = 86_400_000
const limits = {
  ...{ instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000 },
  ...{ daily_limit_usd: 100, monthly_limit_usd: 1_000 },
}

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)
  async function told(bed: MadeUpBed) {
    await Promise.all([bed.service.nearly.look(), bed.service.nearly.look()])
    const rows = await bed.database.read((db) => bed.evidence.list(db, { event: 'CUMULATIVE_LIMIT_WARNING' }, 10))
    return rows.map(({ details, wallet_id, severity }) => ({ ...JSON.parse(details), wallet_id, severity }))
  }
  async function pay(bed: MadeUpBed, dollars: bigint): Promise<void> {
    const { id } = await bed.sentPayment({ amount: String(dollars * DOLLAR) })
    await bed.mined(id, 'CONFIRMED')
    // From then on it counts for a day.
    bed.node.mine(FINAL_AFTER)
    await until('it to be final', async () => (await bed.spend(id))?.state === 'final')
  }

  test('of a limit of which four fifths are used is told once in its time, and of another amount anew', async () => {
    // What moves its clock ahead begins in the past: ids of one process only grow.
    const bed = await start({ limits, passed: -3 * DAY_MS })
    expect(await told(bed)).toEqual([])
    await pay(bed, 75n)
    expect(await told(bed)).toEqual([])
    await pay(bed, 10n)
    const [first] = await told(bed)
    expect(first).toMatchObject({
      ...{ limit: 'daily_limit_usd', of: 'wallet', network: bed.node.network.id, limitUsd: 100, percent: 85 },
      ...{ wallet_id: bed.from.id, severity: 'warning' },
    })
    await pay(bed, 5n)
    expect(await told(bed)).toHaveLength(1)

    bed.time.passed += DAY_MS + 7_200_000
    await pay(bed, 10n)
    expect(await told(bed)).toHaveLength(1)
    await pay(bed, 75n)
    expect(await told(bed)).toMatchObject([{ percent: 85 }, { percent: 85 }])

    await bed.limit(bed.from.id, { ...limits, daily_limit_usd: 105 })
    expect(await told(bed)).toMatchObject([{ limitUsd: 105, percent: 80 }, { limitUsd: 100 }, { limitUsd: 100 }])
  })
})
