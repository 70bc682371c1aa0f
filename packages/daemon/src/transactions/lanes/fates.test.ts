import { describe, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'

const families = [
  { name: 'an order', order: true, expiry: false },
  { name: 'an expiry', order: false, expiry: true },
  { name: 'an order and an expiry', order: true, expiry: true },
  { name: 'neither', order: false, expiry: false },
]

forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)
  describe.each(families)('a family with $name', ({ order, expiry }) => {
    test('a payment that lands is CONFIRMED, and booked for what it cost once that is final', async () => {
      const { node, sentPayment, until: reaches, get, spend, states, counted, to } = await start({ order, expiry })
      const { id, hash } = await sentPayment({ amount: '5000' })
      const before = (await counted()).total
      node.mine(1)
      await reaches(id, 'CONFIRMED')
      expect(await get(id)).toMatchObject({
        txHash: hash,
        fee: { max: '20', paid: '10' },
        error: null,
        waitReason: null,
      })
      expect(await states(id)).toEqual(['included'])
      expect((await counted()).total).toBe(before)
      node.mine(2)
      await until('its spend to be final', async () => (await spend(id))?.state === 'final')
      expect(await states(id)).toEqual(['final'])
      // Ten dollars, and half of the fee that was held.
      expect((await counted()).total).toBe(10_020_000n)
      expect(node.balance(to)).toBe(5_000n)
    })

    test('a payment that fails in its block says why, and only its fee counts', async () => {
      const { node, sentPayment, until: reaches, get, spend, events, counted, to } = await start({ order, expiry })
      node.faults.reverts.add(to)
      const { id } = await sentPayment({ amount: '5000' })
      node.mine(1)
      await reaches(id, 'FAILED')
      expect(await get(id)).toMatchObject({ error: 'the recipient refused it', fee: { paid: '10' } })
      expect((await events(id)).at(-1)).toMatchObject({ event: 'TX_FAILED', severity: 'warning' })
      node.mine(2)
      await until('its spend to be final', async () => (await spend(id))?.state === 'final')
      expect((await counted()).total).toBe(20_000n)
    })
  })
})
