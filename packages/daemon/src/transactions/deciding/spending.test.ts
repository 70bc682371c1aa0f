import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { DOLLAR, type MadeUpBed, madeUpBeds } from '../../../test/made-up-bed.ts'
import { FINAL_AFTER } from '../../../test/made-up-node.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const tiers = { instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000 }
const limits = { ...tiers, daily_limit_usd: 100, monthly_limit_usd: 1_000 }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)
  const spent = (bed: MadeUpBed) => bed.service.limits.ofWallet(bed.from.id)
  const used = async (bed: MadeUpBed) => (await spent(bed)).windows.map(({ limit, usedUsd }) => [limit, usedUsd])
  async function pay(bed: MadeUpBed, dollars: bigint): Promise<void> {
    const { id } = await bed.sentPayment({ amount: String(dollars * DOLLAR) })
    await bed.mined(id, 'CONFIRMED')
    bed.node.mine(FINAL_AFTER)
    await until('it to be final', async () => (await bed.spend(id))?.state === 'final')
  }

  test('each limit over time of a wallet is shown with what is spent and when that comes back', async () => {
    // What moves its clock ahead begins in the past: ids of one process only grow.
    const bed = await start({ limits, passed: -3 * DAY_MS })
    const network = bed.node.network.id
    const { windows, ...rest } = await spent(bed)
    expect(rest).toMatchObject({ walletId: bed.from.id, networks: [{ network, refused: [] }] })
    const none = { of: 'wallet', usedUsd: 0, moreAt: null, resetsAt: null, networks: [network], above: 'DENY' }
    expect(windows).toMatchObject([
      { ...none, limit: 'daily_limit_usd', limitUsd: 100, leftUsd: 100 },
      { ...none, limit: 'monthly_limit_usd', limitUsd: 1_000, leftUsd: 1_000 },
    ])

    await pay(bed, 30n)
    bed.time.passed += 2 * HOUR_MS
    await pay(bed, 20n)
    const [day, month] = (await spent(bed)).windows
    expect(day!.usedUsd).toBeGreaterThanOrEqual(50)
    expect(day!.usedUsd).toBeLessThan(51)
    expect(day!.leftUsd).toBeCloseTo(100 - day!.usedUsd, 6)
    expect(month!.usedUsd).toBe(day!.usedUsd)
    // An agent that asks is told the same.
    const asked = { walletId: bed.from.id, network }
    const { windows: told } = await bed.service.limits.ofSession(bed.from.session, asked)
    expect(told).toEqual((await spent(bed)).windows.map(({ networks: _networks, ...window }) => window))

    // The first part goes when it says so, and the last one likewise.
    bed.time.passed += day!.moreAt! * 1_000 - (Date.now() + bed.time.passed)
    expect((await used(bed))[0]![1]).toBeLessThan(21)
    bed.time.passed += day!.resetsAt! * 1_000 - (Date.now() + bed.time.passed)
    expect(await used(bed)).toEqual([
      ['daily_limit_usd', 0],
      ['monthly_limit_usd', month!.usedUsd],
    ])
  })

  test('what is on its way counts and does not come back by itself', async () => {
    const bed = await start({ limits })
    await bed.sentPayment({ amount: String(40n * DOLLAR) })
    const [day] = (await spent(bed)).windows
    expect(day).toMatchObject({ moreAt: null, resetsAt: null })
    expect(day!.usedUsd).toBeGreaterThanOrEqual(40)
  })

  test('tiers alone are no limit over time, and why nothing may leave is told', async () => {
    const bed = await start({ limits: tiers })
    await bed.rules.create({
      ...{ walletId: bed.from.id, type: 'RATE_LIMIT', priority: 0, enabled: true },
      rules: { max_requests: 1, window_seconds: 3_600 },
    } as never)
    expect(await spent(bed)).toMatchObject({ windows: [], networks: [{ refused: [] }] })
    await bed.pay()
    expect(await spent(bed)).toMatchObject({ windows: [], networks: [{ refused: [{ code: 'RATE_LIMIT_EXCEEDED' }] }] })
  })

  test('nothing is shown of a wallet that is not there or over', async () => {
    const bed = await start({ limits })
    await expect(bed.service.limits.ofWallet('0196aaaa-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'WALLET_NOT_FOUND',
    })
    await bed.database.work({ exclusive: [`wallet:${bed.from.id}`] }, (db) =>
      db.query((k) => k.updateTable('wallets').set({ status: 'TERMINATED' }).where('id', '=', bed.from.id)),
    )
    await expect(spent(bed)).rejects.toMatchObject({ code: 'WALLET_TERMINATED' })
  })
})
