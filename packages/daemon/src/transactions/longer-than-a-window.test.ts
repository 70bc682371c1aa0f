import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { DOLLAR, madeUpBeds } from '../../test/made-up-bed.ts'

const DAY = 86_400
const LIMITS = {
  ...{ instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 1_000, delay_seconds: 3 * DAY },
  daily_limit_usd: 500,
}

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  test('a payment that waits longer than the window of a limit counts all the while, and for a day from when it is final', async () => {
    const bed = await start({ limits: LIMITS })
    const pay = (dollars: bigint) => bed.pay({ amount: String(dollars * DOLLAR) })
    const asked = async (dollars: bigint) => (await bed.row(await pay(dollars)))?.status
    const pass = (seconds: number) => {
      bed.time.passed += seconds * 1_000
    }
    const waits = await pay(300n)
    pass(2 * DAY)
    expect(await bed.row(waits)).toMatchObject({ status: 'QUEUED', tier: 'DELAY' })
    expect(await asked(250n)).toBe('CANCELLED')
    expect(await asked(150n)).toBe('QUEUED')
    pass(DAY + 1)
    await bed.mined(waits, 'CONFIRMED')
    bed.node.mine(3)
    await until('it to be final', async () => (await bed.spend(waits))?.state === 'final')
    expect(await asked(250n)).toBe('CANCELLED')
    // What left is out of the window again; what was asked for on the second day still waits, and counts.
    pass(DAY + 120)
    expect(await asked(250n)).toBe('QUEUED')
    expect(await asked(250n)).toBe('CANCELLED')
  })
})
