import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { agent, ETHER, migrations, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import { fillDisk } from '../../platform/db/full-disk.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'

forEachEngine((_engine, open) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  test('a disk that fills up while the signer signs: nothing leaves, a cancel holds, the rest goes out with room', async () => {
    const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
    const bed = await startPipeline(await open(migrations), node)
    stops.push(
      () => bed.stop(),
      async () => node.stop(),
    )
    const [from, other] = [await bed.wallet(), await bed.wallet()]
    for (const { id } of [from, other]) await bed.limit(id, { instant_max_usd: 10, daily_limit_usd: 1000 })
    const send = (sender: typeof from, amount: bigint) => bed.send(sender, { to: bin, amount: String(amount) })
    const status = async (id: string) => (await bed.service.get(id, undefined)).status
    const leftOf = async () => Number(await node.rpc('eth_getTransactionCount', [from.address, 'pending']))
    const made = { room: async () => {} }
    bed.onSign(async () => {
      made.room = await fillDisk(bed.database)
    })

    const [kept, given] = [await send(from, ETHER / 1000n), await send(from, ETHER / 500n)]
    await until('the lane to say why it waits', () => bed.service.troubles().length > 0)
    expect(bed.service.troubles().join()).toMatch(/room|disk|storage/i)
    expect(await bed.service.cancel(given.transactionId, agent(from.session))).toEqual({
      unwritten: expect.any(String),
    })
    expect(await leftOf()).toBe(0)

    await made.room()
    // There is room, and the lane tries again; the cancel is not written yet.
    const elsewhere = await send(other, ETHER / 1000n)
    expect(await bed.until(elsewhere.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect([await leftOf(), await status(kept.transactionId)]).not.toContain('SUBMITTED')
    expect(await leftOf()).toBe(0)
    await expect(send(from, 1n)).rejects.toMatchObject({ code: 'WALLET_SUSPENDED' })

    await bed.held.stop()
    expect(await status(given.transactionId)).toBe('CANCELLED')
    expect(await bed.until(kept.transactionId, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await leftOf()).toBe(1)
    expect(await bed.database.read((db) => bed.evidence.verify(db))).toMatchObject({ whole: true, faults: [] })
  })
})
