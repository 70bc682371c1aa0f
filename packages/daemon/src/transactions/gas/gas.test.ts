import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { type MadeUpBed, madeUpBeds } from '../../../test/made-up-bed.ts'
import { agent } from '../../../test/pipeline-bed.ts'
import { requireCounted } from '../../../test/waiting-counts.ts'

/** What a unit of gas costs in the made-up family, unless it is said otherwise. */
const PRICE = 20n
const cheap = { gasCondition: { maxGasPrice: '10' } }

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)
  const status = async (bed: MadeUpBed, id: string) => (await bed.row(id))?.status
  const is = (bed: MadeUpBed, id: string, wanted: string) =>
    until(`${id} to be ${wanted}`, async () => (await status(bed, id)) === wanted)
  const names = async (bed: MadeUpBed, id: string) => (await bed.events(id)).map(({ event }) => event)

  test.each([
    ['a nonce', true],
    ['none', false],
  ])(
    'with %s a request that asks for cheaper gas waits for it, pays its price, and keeps nobody behind it waiting',
    async (_, order) => {
      const bed = await start({ order })
      const id = await bed.pay(cheap)
      const { id: next } = await bed.sentPayment()
      await is(bed, id, 'GAS_WAITING')
      expect(await bed.get(id)).toMatchObject({
        txHash: null,
        waitReason: expect.stringContaining('gas to cost at most'),
      })
      expect((await bed.service.list({ statuses: ['GAS_WAITING'] }, 10)).items.map((item) => item.id)).toEqual([id])
      // It holds its money.
      expect(await bed.spend(id)).toMatchObject({ state: 'reserved' })
      await bed.mined(next, 'CONFIRMED')
      expect(await status(bed, id)).toBe('GAS_WAITING')
      bed.node.faults.price = 10n
      await bed.mined(id, 'CONFIRMED')
      expect(await names(bed, id)).toEqual(
        expect.arrayContaining(['TX_REQUESTED', 'TX_GAS_WAITING', 'TX_GAS_CONDITION_MET']),
      )
      // What it paid is what gas cost then.
      expect((await bed.get(id)).fee?.max).toBe('10')
    },
  )

  test('one that gas is cheap enough for is signed at once', async () => {
    const bed = await start()
    const { id } = await bed.sentPayment({ gasCondition: { maxGasPrice: String(PRICE), maxPriorityFee: '0' } })
    expect(await names(bed, id)).not.toContain('TX_GAS_WAITING')
  })

  test('when its time is over it is cancelled and its money is free', async () => {
    const bed = await start()
    const id = await bed.pay({ gasCondition: { maxGasPrice: '10', timeout: 60 } })
    await is(bed, id, 'GAS_WAITING')
    bed.time.passed += 61_000
    await is(bed, id, 'CANCELLED')
    expect(await bed.row(id)).toMatchObject({ error_code: 'GAS_CONDITION_TIMEOUT' })
    expect(await bed.spend(id)).toMatchObject({ state: 'void' })
    // It is over, however cheap gas becomes.
    bed.node.faults.price = 1n
    await bed.sentPayment()
    expect(await status(bed, id)).toBe('CANCELLED')
  })

  test('a limit that was lowered meanwhile binds when gas is cheap enough', async () => {
    const bed = await start()
    const id = await bed.pay({ ...cheap, amount: '100000' })
    await is(bed, id, 'GAS_WAITING')
    await bed.limit(bed.from.id, { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 })
    bed.node.faults.price = 10n
    await is(bed, id, 'QUEUED')
    expect(bed.node.sent).toEqual([])
  })

  test('it is cancelled by its agent, and ended by a stop, like all that waits', async () => {
    const bed = await start()
    const [mine, stopped] = [await bed.pay(cheap), await bed.pay(cheap)]
    await is(bed, mine, 'GAS_WAITING')
    await is(bed, stopped, 'GAS_WAITING')
    await bed.service.cancel(mine, agent(bed.from.session))
    expect(await status(bed, mine)).toBe('CANCELLED')
    await bed.revoke()
    bed.node.faults.price = 10n
    await is(bed, stopped, 'CANCELLED')
    expect(bed.node.sent).toEqual([])
    await requireCounted(bed.database)
  })

  test('a suspended wallet signs nothing, however cheap gas becomes', async () => {
    const bed = await start()
    const id = await bed.pay(cheap)
    await is(bed, id, 'GAS_WAITING')
    await bed.suspend()
    bed.node.faults.price = 10n
    await is(bed, id, 'PENDING')
    expect(bed.node.sent).toEqual([])
    await bed.resume()
    await bed.mined(id, 'CONFIRMED')
  })

  test('a node that tells no price leaves it waiting, and a condition that cannot be read ends', async () => {
    const bed = await start()
    const [id, damaged] = [await bed.pay(cheap), await bed.pay(cheap)]
    await is(bed, id, 'GAS_WAITING')
    await is(bed, damaged, 'GAS_WAITING')
    await bed.database.work({}, (db) =>
      db.query((k) => k.updateTable('transaction_texts').set({ gas_condition: '{' }).where('id', '=', damaged)),
    )
    bed.node.faults.away = true
    bed.time.passed += 3_700_000
    await is(bed, damaged, 'CANCELLED')
    expect((await bed.get(damaged)).status).toBe('CANCELLED')
    await is(bed, id, 'CANCELLED')
  })

  test.each(['20 gwei', '1.5', '1.5 drops', '7 gwei'])(
    'a price of "%s" is refused with the unit',
    async (maxGasPrice) => {
      const bed = await start()
      await expect(bed.pay({ gasCondition: { maxGasPrice } })).rejects.toMatchObject({
        code: 'INVALID_TRANSACTION',
        message: expect.stringContaining('in drops'),
      })
    },
  )

  test('a condition is part of what was asked', async () => {
    const bed = await start()
    const id = await bed.pay({ ...cheap, key: 'gas' })
    expect(await bed.pay({ gasCondition: { maxGasPrice: '10 drops' }, key: 'gas' })).toBe(id)
    await expect(bed.pay({ gasCondition: { maxGasPrice: '11' }, key: 'gas' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    })
  })
})
