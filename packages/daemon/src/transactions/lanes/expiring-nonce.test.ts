import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'
import { FINAL_AFTER, LIVES } from '../../../test/made-up-node.ts'
import { agent } from '../../../test/pipeline-bed.ts'

const LIFE = LIVES + FINAL_AFTER

/** Bytes that have a nonce and end by themselves. */
forEachEngine((_engine, open) => {
  const start = madeUpBeds(open)

  test('a payment that expires frees its nonce, and is signed anew on it', async () => {
    const { node, sentPayment, attempts, mined, events, counted, to } = await start()
    node.faults.swallows = true
    const { id, hash } = await sentPayment({ amount: '5000' })
    const held = (await counted()).total
    node.mine(LIFE)
    await until('it to be signed anew', async () => (await attempts(id))[1]?.state === 'recorded')
    expect(await attempts(id)).toMatchObject([
      { nonce: 0, state: 'reused', last_valid: LIVES },
      { nonce: 0, state: 'recorded', last_valid: LIVES + LIFE },
    ])
    expect((await counted()).total).toBe(held)
    expect((await events(id)).filter(({ event }) => event === 'TX_EXPIRED')).toMatchObject([
      { severity: 'warning', details: expect.stringContaining('"signedAnew":true') },
    ])
    node.faults.swallows = false
    expect(await mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(node.landing(hash)).toBeUndefined()
    expect(node.balance(to)).toBe(5_000n)
  })

  test('a payment that expired three times FAILED, its money and its nonce free for the next', async () => {
    const { node, from, pay, sentPayment, get, until: reaches, states, attempts, spend, lane } = await start()
    node.faults.swallows = true
    const { id } = await sentPayment()
    for (const count of [1, 2, 3]) {
      await until(`attempt ${count} to be signed`, async () => (await states(id)).length === count)
      await until('its bytes to have left', async () => (await attempts(id)).at(-1)!.left_at !== null)
      node.mine(LIFE)
    }
    expect(await reaches(id, 'FAILED')).toBe('FAILED')
    expect((await get(id)).error).toMatch(/^block \d+ has passed$/)
    expect(await states(id)).toEqual(['reused', 'reused', 'dropped'])
    expect((await spend(id))?.state).toBe('void')
    const next = await pay()
    await reaches(next, 'SUBMITTED')
    expect(await attempts(next)).toMatchObject([{ nonce: 0 }])
    expect(await states(id)).toEqual(['reused', 'reused', 'reused'])
    expect((await lane(from.address))?.next_nonce).toBe(1)
  })

  test('what expires while signing is stopped is not signed anew', async () => {
    const { node, sentPayment, suspend, resume, until: reaches, get, states, attempts } = await start()
    node.faults.swallows = true
    const { id } = await sentPayment()
    await until('its bytes to have left', async () => (await attempts(id)).at(-1)!.left_at !== null)
    await suspend()
    node.mine(LIFE)
    await reaches(id, 'FAILED')
    await resume()
    expect(await states(id)).toEqual(['dropped'])
    expect((await get(id)).status).toBe('FAILED')
  })

  test('what expires under one that outbid it frees nothing: the nonce is the other one’s', async () => {
    const { node, from, service, sentPayment, arrived, mined, states, get, to } = await start()
    const { id, hash } = await sentPayment({ amount: '5000' })
    const before = node.height()
    // The second one is made later and lives longer.
    node.pool.clear()
    node.mine(LIVES / 2)
    const second = await service.replace(id, agent(from.session), { with: 'speed-up' })
    await arrived(id)
    node.pool.clear()
    node.mine(before + LIFE - node.height())
    await until('the first to be over', async () => (await states(id))[0] !== 'recorded')
    expect(await states(id)).toEqual(['void', 'recorded'])
    expect(await get(id)).toMatchObject({ status: 'SUBMITTED', txHash: second })
    node.restore(second)
    expect(await mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect(node.landing(hash)).toBeUndefined()
    expect(node.balance(to)).toBe(5_000n)
  })

  test('a nonce below others that expired is filled with nothing when no request wants it', async () => {
    const {
      node,
      from,
      suspend,
      resume,
      sentPayment,
      pay,
      arrived,
      until: reaches,
      states,
      mined,
      service,
    } = await start()
    node.faults.answers = (tx) =>
      node.sent.length > 1 ? undefined : { outcome: tx.body.memo ? 'unclear' : 'accepted' }
    const first = await sentPayment()
    node.mine(LIVES - 1)
    const second = await pay()
    await arrived(second)
    expect(node.pool.size).toBe(1)
    // The stop keeps the first one from being signed anew, and ends before the second expires.
    await suspend()
    node.mine(FINAL_AFTER + 1)
    await reaches(first.id, 'FAILED')
    expect(await states(first.id)).toEqual(['dropped'])
    await resume()
    expect(await mined(second, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    const { items } = await service.listOfWallet(from.id, undefined, 10)
    expect(items.find(({ id }) => id !== first.id && id !== second)).toMatchObject({
      ...{ status: 'CONFIRMED', toAddress: from.address, amount: '0' },
    })
    expect(await states(first.id)).toEqual(['reused'])
  })
})
