import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'
import { agent, operator } from '../../../test/pipeline-bed.ts'

forEachEngine((engine, open, fresh) => {
  const start = madeUpBeds(open)
  type Bed = Awaited<ReturnType<typeof start>>

  /** What another replica does when it takes a lane: its fence is one higher. */
  const takeAway = ({ database, from }: Bed, until_: number) =>
    database.work({ exclusive: [`wallet:${from.id}`] }, async (db) => {
      const id = `made-up/${from.address}`
      const [lane] = await db.query<{ fence: number }>((k) =>
        k.selectFrom('lanes').select('fence').where('id', '=', id),
      )
      await db.query((k) =>
        k
          .updateTable('lanes')
          .set({ fence: lane!.fence + 1, lease_owner: 'another', lease_until: until_ })
          .where('id', '=', id),
      )
    })

  test('a lane that is lost while the signer signs records nothing; taken back, it signs anew on the same nonce', async () => {
    const bed = await start()
    const { node, pay, onSign, until: reaches, attempts, lane, from, mined, to } = bed
    // Its lease is over at once, so that this process may take it back.
    onSign(() => takeAway(bed, 0))
    const id = await pay({ amount: '5000' })
    await reaches(id, 'SUBMITTED')
    expect(await attempts(id)).toMatchObject([
      { state: 'reused', nonce: 0, hash: null, signed: null, left_at: null },
      { state: 'recorded', nonce: 0 },
    ])
    expect((await lane(from.address))?.fence).toBe(3)
    expect(await mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(node.sent).toHaveLength(1)
    expect(node.balance(to)).toBe(5_000n)
  })

  test('a replacement that was not recorded leaves its nonce to what is on its way', async () => {
    const bed = await start()
    const { node, from, service, sentPayment, onSign, states, attempts, mined, pay, until: reaches } = bed
    const { id, hash } = await sentPayment()
    onSign(() => takeAway(bed, 0))
    await expect(service.replace(id, agent(from.session), { with: 'speed-up' })).rejects.toMatchObject({
      code: 'CHAIN_ERROR',
    })
    const next = await pay()
    await reaches(next, 'SUBMITTED')
    expect(await attempts(next)).toMatchObject([{ nonce: 1 }])
    expect(await states(id)).toEqual(['recorded', 'reused'])
    await mined(id, 'CONFIRMED')
    expect(node.landing(hash)).toBeDefined()
  })

  test('what a lane signed before it ended is watched and booked by the process that comes after', async () => {
    const location = await fresh()
    const first = await start({ location })
    const { id, hash } = await first.sentPayment()
    await first.end()
    first.node.mine(3)
    const second = await start({ location, limits: {} }, first.node)
    await second.until(id, 'CONFIRMED')
    await until('its spend to be final', async () => (await second.spend(id))?.state === 'final')
    expect((await second.get(id)).txHash).toBe(hash)
    expect(first.node.sent).toHaveLength(1)
  })

  test('what was recorded and not sent is sent by the process that comes after, once it has looked at the chain', async () => {
    const location = await fresh()
    const first = await start({ location })
    first.onSign(() => first.service.stops.halt(first.from.id))
    const id = await first.pay()
    await first.until(id, 'SUBMITTED')
    await first.end()
    expect(first.node.sent).toEqual([])
    const second = await start({ location, limits: {} }, first.node)
    await second.arrived(id)
    expect(await second.mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(await second.states(id)).toHaveLength(1)
  })

  // One process has a SQLite database, so what another one holds there belongs to nobody.
  test('a lane that another process holds is left to it on PostgreSQL, and taken at once on SQLite', async () => {
    const bed = await start()
    const { sentPayment, pay, until: reaches, time, get, lane, from } = bed
    await sentPayment()
    await takeAway(bed, Date.now() + 60_000)
    // The lease of this process is looked at again when little of it is left.
    time.passed = 11_000
    const id = await pay()
    if (engine === 'sqlite') await reaches(id, 'SUBMITTED')
    else {
      await expect(bed.service.replace(id, operator, { with: 'cancel' })).rejects.toMatchObject({
        code: 'TX_ALREADY_PROCESSED',
      })
      expect((await get(id)).status).toBe('PENDING')
      expect((await lane(from.address))?.lease_owner).toBe('another')
      time.passed = 61_000
      await reaches(id, 'SUBMITTED')
    }
    expect((await lane(from.address))?.fence).toBe(3)
  })

  test('a process that ends gives its lanes back, so that the next one need not wait', async () => {
    const location = await fresh()
    const first = await start({ location })
    await first.sentPayment()
    const before = await first.lane(first.from.address)
    await first.end()
    const second = await start({ location, limits: {} }, first.node)
    await until('the lane to be taken', async () => (await second.lane(first.from.address))!.fence > before!.fence)
    expect((await second.lane(first.from.address))?.lease_owner).not.toBe(before?.lease_owner)
  })
})
