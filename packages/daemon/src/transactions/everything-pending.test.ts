import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { type MadeUpBed, madeUpBeds, madeUpKey } from '../../test/made-up-bed.ts'
import { findWallet } from '../wallets/service.ts'

const HOUR = 3_600_000
const LIMITS = {
  ...{ instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100, daily_limit_usd: 100_000 },
  ...{ delay_seconds: 600, approval_timeout: 3_600 },
}
/** At the price of the bed: 20 dollars wait for time, 200 for a human. */
const [DELAYED, APPROVABLE] = ['10000', '100000']
const stopsItself = { 'autostop.consecutive_failures_threshold': 3 }

type Made = { readonly id: string; readonly to: string }

forEachEngine((_engine, open, fresh) => {
  const start = madeUpBeds(open)

  /** Ends a process with everything pending; the next one starts so much later by its clock. */
  async function restarted(passed: number) {
    const location = await fresh()
    const before = await start({ location, limits: LIMITS, stopsItself, expiry: false })
    const { node } = before
    const pay = async (request: Parameters<typeof before.pay>[0] = {}): Promise<Made> => {
      const to = madeUpKey().address
      return { id: await before.pay({ ...request, to }), to }
    }
    const reverting = madeUpKey().address
    node.faults.reverts.add(reverting)
    for (let index = 0; index < 2; index++) {
      const id = await before.pay({ to: reverting })
      await before.arrived(id)
      await before.mined(id, 'FAILED')
    }
    const waits = (max: string, timeout: number) => pay({ gasCondition: { maxGasPrice: max, timeout } })
    const pending = {
      delayed: await pay({ amount: DELAYED }),
      approved: await pay({ amount: APPROVABLE }),
      rejected: await pay({ amount: APPROVABLE }),
      unasked: await pay({ amount: APPROVABLE }),
      cheap: await waits('10', 86_400),
      dear: await waits('1', 1_800),
    }
    for (const [name, status] of Object.entries({ cheap: 'GAS_WAITING', dear: 'GAS_WAITING', delayed: 'QUEUED' }))
      await before.until(pending[name as keyof typeof pending].id, status)
    node.faults.swallows = true
    const lost = await pay()
    await before.arrived(lost.id)
    // It came in, and the process ended before it did anything about it.
    await before.service.stops.halt(before.from.id)
    const unsigned = await pay()
    await before.end()
    node.faults.swallows = false
    const bed = await start({ location, limits: {}, stopsItself, passed }, node)
    return { bed, from: before.from, pending: { ...pending, lost, unsigned }, reverting }
  }
  const paid = (bed: MadeUpBed, made: Made) => bed.node.balance(made.to)
  const ends = async (bed: MadeUpBed, { id }: Made, status: string) => {
    if (status === 'CONFIRMED') await bed.mined(id, 'CONFIRMED')
    else await until(`${id} to be ${status}`, async () => (await bed.row(id))?.status === status)
  }

  test('what is pending at a restart goes on: nothing early, nothing lost and nothing twice', async () => {
    const { bed, from, pending, reverting } = await restarted(0)
    const { delayed, approved, rejected, unasked, cheap, dear, lost, unsigned } = pending
    await ends(bed, lost, 'CONFIRMED')
    await ends(bed, unsigned, 'CONFIRMED')
    for (const each of [delayed, approved, rejected, unasked]) expect((await bed.row(each.id))!.status).toBe('QUEUED')
    for (const each of [cheap, dear]) expect((await bed.row(each.id))!.status).toBe('GAS_WAITING')
    await bed.service.approve(approved.id)
    await bed.service.reject(rejected.id)
    bed.node.faults.price = 10n
    await ends(bed, approved, 'CONFIRMED')
    await ends(bed, cheap, 'CONFIRMED')
    bed.time.passed += HOUR + 1_000
    await ends(bed, delayed, 'CONFIRMED')
    await ends(bed, dear, 'CANCELLED')
    await ends(bed, unasked, 'EXPIRED')
    const all = [delayed, approved, cheap, lost, unsigned, rejected, unasked, dear]
    expect(all.map((each) => paid(bed, each))).toEqual([10_000n, 100_000n, 1n, 1n, 1n, 0n, 0n, 0n])
    // Of each that was paid one attempt, and of the others none.
    const counts = await Promise.all(all.map(async ({ id }) => (await bed.states(id)).length))
    expect(counts).toEqual([1, 1, 1, 1, 1, 0, 0, 0])
    // Those that succeeded have ended the row of failures; three more stop the wallet.
    for (let index = 0; index < 3; index++) {
      const id = await bed.pay({ to: reverting }, from)
      await bed.arrived(id)
      await bed.mined(id, 'FAILED')
    }
    const wallet = () => bed.database.read((db) => findWallet(db, from.id))
    await until('the wallet to be stopped', async () => (await wallet())?.status === 'SUSPENDED')
  })

  test('a clock that is two hours ahead after the restart ends what had its time, and makes nothing twice', async () => {
    const { bed, pending } = await restarted(2 * HOUR)
    const { delayed, approved, rejected, unasked, cheap, dear, lost, unsigned } = pending
    for (const each of [delayed, lost, unsigned]) await ends(bed, each, 'CONFIRMED')
    for (const each of [approved, rejected, unasked]) await ends(bed, each, 'EXPIRED')
    await ends(bed, dear, 'CANCELLED')
    await expect(bed.service.approve(approved.id)).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
    expect((await bed.row(cheap.id))!.status).toBe('GAS_WAITING')
    bed.node.faults.price = 10n
    await ends(bed, cheap, 'CONFIRMED')
    const all = [delayed, lost, unsigned, cheap, approved, rejected, unasked, dear]
    expect(all.map((each) => paid(bed, each))).toEqual([10_000n, 1n, 1n, 1n, 0n, 0n, 0n, 0n])
    const counts = await Promise.all(all.map(async ({ id }) => (await bed.states(id)).length))
    expect(counts).toEqual([1, 1, 1, 1, 0, 0, 0, 0])
  })
})
