import { integerOf } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { type MadeUpBed, madeUpBeds } from '../../packages/daemon/test/made-up-bed.ts'
import { forEachEngine } from '../support/for-each-engine.ts'
import { until } from '../support/until.ts'

const HOUR = 3_600_000
/** One dollar at the price of the bed is 500 base units. */
const limits = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100, delay_seconds: 600, daily_limit_usd: 50 }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  /** A payment of a little less than ten dollars that waits behind another one, which fills the lane. */
  async function waiting(bed: MadeUpBed) {
    if (bed.node.pool.size === 0) await bed.sentPayment()
    const id = await bed.pay({ amount: '4950' })
    return { id, row: (await bed.row(id))! }
  }
  /** Lets the other one land, and gives what becomes of the one that waits. */
  async function signed(bed: MadeUpBed, id: string) {
    bed.node.mine(1)
    return until(`${id} to be taken up`, async () => {
      const row = await bed.row(id)
      return row && row.status !== 'PENDING' && row.status !== 'EXECUTING' ? row : undefined
    })
  }
  const allow = (bed: MadeUpBed, start: number, end: number) =>
    bed.rules.create({
      ...{ walletId: bed.from.id, type: 'TIME_RESTRICTION', priority: 0, enabled: true },
      rules: { allowed_hours: { start, end }, allowed_days: [0, 1, 2, 3, 4, 5, 6], timezone: 'UTC' },
    } as never)

  test.each([
    ['a moment', 4_000],
    ['half an hour', HOUR / 2],
  ])('what was allowed until the hour ended is not signed %s later', async (_, passed) => {
    const bed = await start({ window: 1, limits })
    bed.time.passed = HOUR - (Date.now() % HOUR) - HOUR / 10
    const hour = new Date(Date.now() + bed.time.passed).getUTCHours()
    await allow(bed, hour, hour + 1)
    await bed.sentPayment()
    // Three seconds before the hour is over.
    bed.time.passed = HOUR - (Date.now() % HOUR) - 3_000
    const { id } = await waiting(bed)
    bed.time.passed += passed
    expect(await signed(bed, id)).toMatchObject({ status: 'CANCELLED', error_code: 'POLICY_DENIED' })
    expect(bed.node.sent).toHaveLength(1)
    expect((await bed.spend(id))?.state).toBe('void')
  })

  test('a price that rose since makes the decision anew, and one that moved by a hundredth does not', async () => {
    const bed = await start({ window: 1, limits })
    bed.time.passed = HOUR - (Date.now() % HOUR) - HOUR / 10
    const { id } = await waiting(bed)
    bed.setPrice('native:made-up', '2040')
    expect(await signed(bed, id)).toMatchObject({ status: 'QUEUED', tier: 'DELAY' })
    bed.setPrice('native:made-up', '2000')
    const other = await waiting(bed)
    bed.setPrice('native:made-up', '2020')
    expect(await signed(bed, other.id)).toMatchObject({ status: 'SUBMITTED', judged_at: other.row.created_at })
  })

  test('what is older than five seconds is judged again, and counts once', async () => {
    const bed = await start({ window: 1, limits })
    const { id, row } = await waiting(bed)
    const before = await bed.counted()
    bed.time.passed += 5_001
    const after = await signed(bed, id)
    expect(after.status).toBe('SUBMITTED')
    expect(after.judged_at).toBeGreaterThan(row.created_at + 5_000)
    expect(integerOf((await bed.counted()).total)).toBeLessThanOrEqual(integerOf(before.total))
  })

  test('the decision that is shown is the one that holds, whatever became of the signatures under it', async () => {
    const bed = await start({ window: 1, limits })
    const { id, row } = await waiting(bed)
    bed.time.passed += 5_001
    // Its signature is dropped, and it is judged a third time.
    bed.onSign(async () => void (await bed.limit(bed.from.id, limits)))
    const after = await signed(bed, id)
    const made = (await bed.attempts(id)).map(({ decision }) => JSON.parse(decision!))
    expect(made.map(({ policyVersion }) => policyVersion)).toEqual(
      [row.policy_version, after.policy_version].map(String),
    )
    expect(made[0].inputs.now).toBeGreaterThan(row.created_at + 5_000)
    const { decision, status } = await bed.get(id)
    expect({ decision, status }).toEqual({ decision: made[1], status: 'SUBMITTED' })
    expect(decision!.inputs!.now).toBe(after.judged_at)
  })

  test('what was judged again and could not be recorded is made anew as it was judged last', async () => {
    const bed = await start({ window: 1, limits })
    const { id, row } = await waiting(bed)
    bed.time.passed += 5_001
    const dear = { ...limits, instant_max_usd: 9, notify_max_usd: 9 }
    // Suspended while it is signed: nothing is recorded. When it goes on, a limit of then has it wait.
    bed.onSign(() => bed.suspend())
    bed.node.mine(1)
    await until('its signature to be dropped', async () => (await bed.states(id)).includes('dropped'))
    const dropped = (await bed.row(id))!
    const [attempt] = await bed.attempts(id)
    expect(dropped).toMatchObject({ status: 'PENDING', decision: attempt!.decision, draft: attempt!.draft })
    expect(dropped.judged_at).toBeGreaterThan(row.created_at + 5_000)
    await bed.limit(bed.from.id, dear)
    await bed.resume()
    const queued = await until('it to wait for its delay', async () => {
      const now = await bed.row(id)
      return now?.status === 'QUEUED' && now
    })
    expect(JSON.parse(queued.decision)).toMatchObject({ tier: 'DELAY', policyVersion: String(queued.policy_version) })
    expect((await bed.get(id)).decision).toEqual(JSON.parse(queued.decision))
    expect((await bed.attempts(id)).map(({ decision }) => decision)).toEqual([attempt!.decision])
  })

  test('a policy of another wallet judges nothing again and drops no signature, and one of all does both', async () => {
    const bed = await start({ window: 1, limits })
    const other = await bed.wallet()
    const { id, row } = await waiting(bed)
    await bed.limit(other.id, limits)
    bed.onSign(async () => void (await bed.limit(other.id, limits)))
    expect(await signed(bed, id)).toMatchObject({ status: 'SUBMITTED', policy_version: row.policy_version })
    expect(await bed.states(id)).toEqual(['recorded'])
    await bed.arrived(id)

    const next = await waiting(bed)
    const rate = { type: 'RATE_LIMIT', rules: { max_requests: 50, window_seconds: 60 }, priority: 0, enabled: true }
    bed.onSign(async () => void (await bed.rules.create(rate as never)))
    const after = await signed(bed, next.id)
    expect(after.policy_version).toBeGreaterThan(row.policy_version)
    expect(await bed.states(next.id)).toEqual(['reused', 'recorded'])
  })
})
