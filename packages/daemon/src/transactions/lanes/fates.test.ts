import { describe, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'
import { agent, operator } from '../../../test/pipeline-bed.ts'

const families = [
  { name: 'an order', order: true, expiry: false },
  { name: 'an expiry', order: false, expiry: true },
  { name: 'neither', order: false, expiry: false },
  { name: 'an order and an expiry', order: true, expiry: true },
]

forEachEngine((engine, open) => {
  const start = madeUpBeds(open)
  // The family that has everything says it all of PostgreSQL.
  describe.each(engine === 'sqlite' ? families : families.slice(-1))('a family with $name', ({ order, expiry }) => {
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

    test('a block that leaves the chain takes its confirmation along, and the payment lands in another one', async () => {
      const { node, sentPayment, until: reaches, get, spend, states, events, to } = await start({ order, expiry })
      const { id, hash } = await sentPayment({ amount: '5000' })
      node.mine(2)
      await reaches(id, 'CONFIRMED')
      node.reorganise(2)
      await reaches(id, 'SUBMITTED')
      expect(await get(id)).toMatchObject({ txHash: hash, fee: { paid: null }, error: null })
      expect(await states(id)).toEqual(['recorded'])
      expect((await spend(id))?.state).toBe('out')
      node.mine(3)
      await until('its spend to be final', async () => (await spend(id))?.state === 'final')
      expect((await get(id)).status).toBe('CONFIRMED')
      expect((await events(id)).map(({ event }) => event).filter((event) => /CONFIRMED|REORGED/.test(event))).toEqual([
        'TX_CONFIRMED',
        'TX_REORGED',
        'TX_CONFIRMED',
      ])
      expect(node.balance(to)).toBe(5_000n)
    })

    test('a payment that failed can still succeed when its block leaves the chain', async () => {
      const { node, sentPayment, until: reaches, get, events, to } = await start({ order, expiry })
      node.faults.reverts.add(to)
      const { id } = await sentPayment()
      node.mine(1)
      await reaches(id, 'FAILED')
      node.faults.reverts.clear()
      node.reorganise(1)
      node.mine(1)
      await reaches(id, 'CONFIRMED')
      expect((await get(id)).error).toBeNull()
      expect((await events(id)).filter(({ event }) => event === 'TX_REORGED')).toHaveLength(1)
    })

    test('while endpoints contradict each other a payment waits with their words, and counts as it was held', async () => {
      const { node, sentPayment, until: reaches, waits, get, counted, service } = await start({ order, expiry })
      const { id, hash } = await sentPayment({ amount: '5000' })
      const held = (await counted()).total
      node.faults.doubts.set(hash, `the endpoints do not agree about ${hash}`)
      node.mine(3)
      await waits(id, 'do not agree')
      expect((await get(id)).status).toBe('SUBMITTED')
      expect((await counted()).total).toBe(held)
      // Anybody may read readiness, so it names no hash.
      expect(service.troubles()).toEqual(['made-up: the endpoints do not agree about …'])
      node.faults.doubts.clear()
      await reaches(id, 'CONFIRMED')
      expect((await get(id)).waitReason).toBeNull()
      expect(service.troubles()).toEqual([])
    })
  })

  test('bytes that the node forgot are sent again as they are, not sooner than after a rest', async () => {
    const { node, sentPayment, mined, states } = await start()
    node.faults.swallows = true
    const { id, hash } = await sentPayment()
    node.faults.swallows = false
    await until('the same bytes to come again', () => node.sent.filter((tx) => tx.hash === hash).length > 1)
    expect(await mined(id, 'CONFIRMED')).toBe('CONFIRMED')
    expect(await states(id)).toHaveLength(1)
  })

  test('what another program paid with the same key overtakes a payment: it FAILED, is free, and says by what', async () => {
    const { node, from, sentPayment, until: reaches, get, spend, states, events, counted } = await start()
    const { id } = await sentPayment({ amount: '5000' })
    const rival = node.payElsewhere(from.address)
    node.mine(1)
    expect((await get(id)).status).toBe('SUBMITTED')
    node.mine(1)
    await reaches(id, 'FAILED')
    expect((await get(id)).error).toBe(`nonce 0 is taken (${rival})`)
    expect(await states(id)).toEqual(['void'])
    expect((await spend(id))?.state).toBe('void')
    expect((await counted()).total).toBe(0n)
    expect((await events(id)).at(-1)).toMatchObject({ event: 'NONCE_USED_ELSEWHERE', severity: 'critical' })
  })

  test('a payment whose block another one replaced is overtaken although it was confirmed', async () => {
    const { node, from, sentPayment, until: reaches, get, states, events, to } = await start()
    const { id } = await sentPayment({ amount: '5000' })
    node.mine(1)
    await reaches(id, 'CONFIRMED')
    node.reorganise(1)
    node.payElsewhere(from.address)
    node.mine(2)
    await reaches(id, 'FAILED')
    expect(await states(id)).toEqual(['void'])
    expect((await get(id)).error).toContain('nonce 0 is taken')
    expect((await events(id)).map(({ event }) => event)).toEqual(expect.arrayContaining(['TX_REORGED']))
    expect(node.balance(to)).toBe(0n)
  })

  test('of two attempts on a nonce the older one may land; the newer is void and the transaction confirmed once', async () => {
    const { node, from, service, sentPayment, arrived, get, until: reaches, attempts, events, counted } = await start()
    const { id, hash } = await sentPayment({ amount: '5000' })
    const second = await service.replace(id, agent(from.session), { with: 'speed-up' })
    await arrived(id)
    expect((await get(id)).txHash).toBe(second)
    node.restore(hash)
    node.mineOnly(hash)
    await reaches(id, 'CONFIRMED')
    expect(await get(id)).toMatchObject({ txHash: hash, fee: { paid: '10' } })
    node.mine(2)
    await until('both to be over', async () => (await attempts(id)).every(({ state }) => /final|void/.test(state)))
    expect((await attempts(id)).map(({ state }) => state)).toEqual(['final', 'void'])
    expect((await events(id)).filter(({ event }) => event === 'TX_CONFIRMED')).toHaveLength(1)
    expect((await counted()).total).toBe(10_020_000n)
  })

  test('a cancel that lands ends the payment only when it is final, and only its fee counts', async () => {
    const { node, service, sentPayment, arrived, get, until: reaches, counted, to, events } = await start()
    const { id } = await sentPayment({ amount: '5000' })
    const cancel = await service.replace(id, operator, { with: 'cancel' })
    await arrived(id)
    node.mine(2)
    await until('the cancel to be seen', async () => (await get(id)).fee?.paid === '13')
    expect(await get(id)).toMatchObject({ status: 'SUBMITTED', txHash: cancel })
    node.mine(1)
    await reaches(id, 'CANCELLED')
    expect((await counted()).total).toBe(26_000n)
    expect(node.balance(to)).toBe(0n)
    expect((await events(id)).at(-1)).toMatchObject({ event: 'TX_CANCELLED' })
  })

  test('a cancel whose block leaves the chain lets the payment land after all', async () => {
    const { node, service, sentPayment, arrived, get, until: reaches, to } = await start()
    const { id, hash } = await sentPayment({ amount: '5000' })
    const cancel = await service.replace(id, operator, { with: 'cancel' })
    await arrived(id)
    node.mineOnly(cancel)
    await until('the cancel to be seen', async () => (await get(id)).fee?.paid === '13')
    node.reorganise(1, true)
    node.restore(hash)
    node.mineOnly(hash)
    await reaches(id, 'CONFIRMED')
    expect(await get(id)).toMatchObject({ txHash: hash, fee: { paid: '10' } })
    expect(node.balance(to)).toBe(5_000n)
  })

  test('a chain that cannot be looked at says so on all that it has, and one look that works takes it back', async () => {
    const { node, sentPayment, pay, waits, until: reaches, service } = await start()
    const { id } = await sentPayment()
    node.faults.away = true
    await waits(id, 'made-up cannot be looked at: no endpoint of made-up answers')
    expect(service.troubles()).toEqual([expect.stringContaining('cannot be looked at')])
    node.faults.away = false
    await waits(id, 'it was sent and is in no block yet')
    node.mine(1)
    await reaches(id, 'CONFIRMED')
    expect(service.troubles()).toEqual([])
    await reaches(await pay(), 'SUBMITTED')
  })
})
