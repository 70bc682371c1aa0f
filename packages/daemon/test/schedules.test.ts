import { expect, test } from 'vitest'
import { forEachEngine } from '../../../test/support/for-each-engine.ts'
import { until } from '../../../test/support/until.ts'
import { capsModel } from './caps-model.ts'
import { DOLLAR, madeUpBeds, madeUpNode } from './made-up-bed.ts'
import { onItsWay } from './on-its-way.ts'

const MINUTE = 60_000

forEachEngine((_engine, open, fresh) => {
  const start = madeUpBeds(open)

  test('a process that follows a dead one judges by the price of now, whatever it does first', async () => {
    const node = madeUpNode()
    const location = await fresh()
    const limits = { instant_max_usd: 1_000, notify_max_usd: 1_000, delay_max_usd: 1_000, daily_limit_usd: 10 }
    const first = await start({ location, limits, price: 2_000n }, node)
    await first.service.stops.halt(first.from.id)
    // Six dollars then, and twelve by the price of who is to sign it.
    const id = await first.pay({ amount: '3000' })
    await first.end()
    const next = await start({ location, passed: MINUTE, price: 4_000n }, node)
    expect(await next.until(id, 'SUBMITTED', 'CANCELLED')).toBe('CANCELLED')
    expect(node.sent).toEqual([])
  })

  test('more than a limit lets is found by the model of limits, and all of it is named', async () => {
    const { node, database, from, pay, mined } = await start({ location: await fresh() })
    const model = capsModel(node, Date.now)
    model.price(2_000n * 1_000_000n, 1_000_000n)
    model.cap(from.address, { lengthMs: 60 * MINUTE, micros: 3_000_000n })
    // Two dollars each, fees apart.
    const ids = [await pay({ amount: String(2n * DOLLAR) }), await pay({ amount: String(2n * DOLLAR) })]
    for (const id of ids) await mined(id, 'CONFIRMED')
    const { breaches, departures } = await model.verdict(database)
    expect(departures).toBe(2)
    expect(breaches.length).toBeGreaterThan(0)
    for (const { sum, own, beside } of breaches) {
      expect(sum).toBe(own.micros + beside[0]!.held)
      expect(sum).toBeGreaterThan(4_000_000n)
    }
  })

  test('who waits in vain for a payment is told where it stands, and what the node has of it', async () => {
    const { node, database, sentPayment } = await start({ location: await fresh() })
    node.faults.swallows = true
    const { id, hash } = await sentPayment()
    const found = () => onItsWay(database, node)
    const waiting = until('the end of time', () => false, { withinMs: 0, found })
    await expect(waiting).rejects.toThrow(/waited 0 ms in vain for: the end of time\n1 on 1 lanes at block 0/)
    const text = await found()
    expect(text).toContain(`"id":"${id}","status":"SUBMITTED"`)
    expect(text).toContain(`"hash":"${hash}"`)
    expect(text).toContain('arrived 1 times, and is not in the pool')
  })
})
