import { toBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { until } from '../../../../test/support/until.ts'
import { type MadeUpBed, madeUpBeds } from '../../test/made-up-bed.ts'

const MINUTE = 60_000
/** What a payment pays of the worst that it may. */
const FEE = 10n
const limits = { instant_max_usd: 10 ** 6, notify_max_usd: 10 ** 6, delay_max_usd: 10 ** 6, daily_limit_usd: 10 ** 7 }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)
  const told = (bed: MadeUpBed) => bed.database.read((db) => bed.evidence.list(db, { event: 'LOW_BALANCE' }, 10))
  const known = async (bed: MadeUpBed) =>
    (await bed.database.read((db) => db.query((k) => k.selectFrom('low_balances').selectAll()))).length
  const left = (bed: MadeUpBed) => bed.node.balance(bed.from.address)
  /** Pays all but so many fees, and one for itself. */
  async function payDownTo(bed: MadeUpBed, fees: bigint): Promise<void> {
    const { id } = await bed.sentPayment({ amount: String(left(bed) - (fees + 1n) * FEE) })
    await bed.mined(id, 'CONFIRMED')
    expect(left(bed)).toBe(fees * FEE)
  }

  test('a wallet that can pay for few more is told of once, and again when it had recovered', async () => {
    const bed = await start({ limits })
    const first = await bed.sentPayment()
    await bed.mined(first.id, 'CONFIRMED')
    expect((await bed.get(first.id)).fee?.paid).toBe(String(FEE))
    expect(await told(bed)).toEqual([])

    bed.time.passed += MINUTE
    await payDownTo(bed, 9n)
    const [event] = await until('it to be told', async () => {
      const rows = await told(bed)
      return rows.length > 0 && rows
    })
    expect(event).toMatchObject({ severity: 'warning', wallet_id: bed.from.id, actor: 'system' })
    expect(JSON.parse(event!.details)).toMatchObject({ network: bed.node.network.id, payments: 9 })

    // It pays on, and is looked at again, without another word.
    bed.time.passed += MINUTE
    await payDownTo(bed, 5n)
    bed.node.fund(bed.from.address, toBase(13n * FEE))
    bed.time.passed += MINUTE
    const second = await bed.sentPayment()
    await bed.mined(second.id, 'CONFIRMED')
    expect(await known(bed)).toBe(1)

    // Twenty are enough, whether it pays or not.
    bed.node.fund(bed.from.address, toBase(100n * FEE))
    bed.time.passed += MINUTE
    await until('it to have recovered', async () => (await known(bed)) === 0)
    expect(await told(bed)).toHaveLength(1)

    bed.time.passed += MINUTE
    await payDownTo(bed, 1n)
    await until('it to be told again', async () => (await told(bed)).length === 2)
    expect(JSON.parse((await told(bed))[0]!.details)).toMatchObject({ payments: 1 })
  })
})
