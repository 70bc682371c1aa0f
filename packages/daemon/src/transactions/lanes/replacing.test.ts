import { ZERO_USD } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'
import { agent, operator } from '../../../test/pipeline-bed.ts'

const start = madeUpBeds()
const processed = (status: string) => ({ code: 'TX_ALREADY_PROCESSED', details: { status } })

test('only what is signed and in no block can be outbid; the refusal says what it is instead', async () => {
  const limits = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100, delay_seconds: 60 }
  const { service, from, pay, sentPayment, mined, node, to } = await start({ limits })
  const replace = (id: string) => service.replace(id, agent(from.session), { with: 'speed-up' })
  await expect(replace(await pay({ amount: '25000' }))).rejects.toMatchObject({
    ...{ ...processed('QUEUED'), message: expect.stringContaining('cancel it instead') },
  })
  const { id } = await sentPayment()
  await mined(id, 'CONFIRMED')
  await expect(replace(id)).rejects.toMatchObject(processed('CONFIRMED'))
  node.faults.reverts.add(to)
  const failed = await sentPayment()
  await mined(failed.id, 'FAILED')
  await expect(replace(failed.id)).rejects.toMatchObject(processed('FAILED'))
  await expect(replace('no-such-transaction')).rejects.toMatchObject({ code: 'TX_NOT_FOUND' })
})

// Bytes that never expire and outbid the same attempt are the same bytes: one landing, which two attempts would both free.
test('a cancel that is in a block is not outbid, and what it gives back is given back once', async () => {
  const { service, from, sentPayment, mined, node, attempts, counted, time, get } = await start({ expiry: false })
  const { id } = await sentPayment({ amount: '1000' })
  const other = await sentPayment({ amount: '1500' })
  const cancel = await service.replace(id, agent(from.session), { with: 'cancel' })
  await until('the cancel to arrive', async () => node.pool.has(cancel))
  node.mineOnly(cancel)
  await until('the cancel to be in its block', async () =>
    (await attempts(id)).some(({ state }) => state === 'included'),
  )
  time.passed += 3_000
  for (const purpose of ['cancel', 'speed-up'] as const)
    for (const by of [agent(from.session), operator])
      await expect(service.replace(id, by, { with: purpose })).rejects.toMatchObject({
        code: 'TX_ALREADY_PROCESSED',
        message: expect.stringContaining('its cancel is in block 1'),
      })
  expect((await get(id)).status).toBe('SUBMITTED')
  node.pool.clear()
  node.mine(2)
  await until('the cancel to be final', async () => (await get(id)).status === 'CANCELLED')
  // Three dollars and a fee of four cents are still on their way.
  expect((await counted()).open).toBe(3_040_000n)
  node.restore(other.hash)
  await mined(other.id, 'CONFIRMED')
  node.mine(2)
  await until('all to be over', async () => (await counted()).open === ZERO_USD)
  expect(await attempts(id)).toHaveLength(2)
})

test('on a family without an order nothing can be outbid', async () => {
  const { service, from, sentPayment, states } = await start({ order: false })
  const { id } = await sentPayment()
  for (const purpose of ['speed-up', 'cancel'] as const)
    await expect(service.replace(id, agent(from.session), { with: purpose })).rejects.toMatchObject({
      code: 'CHAIN_NOT_SUPPORTED',
    })
  expect(await states(id)).toEqual(['recorded'])
})

test('what a revoked session asked for is sped up by nobody in its name, and lands as it was sent', async () => {
  const { service, revoke, sentPayment, states, mined } = await start()
  const { id } = await sentPayment()
  await revoke()
  await expect(service.replace(id, operator, { with: 'speed-up' })).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  expect(await states(id)).toEqual(['recorded'])
  expect(await mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
})

test('a stopped wallet outbids nothing', async () => {
  const { service, from, suspend, resume, sentPayment, arrived, get } = await start()
  const { id } = await sentPayment()
  await suspend()
  await expect(service.replace(id, operator, { with: 'cancel' })).rejects.toMatchObject({ code: 'WALLET_SUSPENDED' })
  await resume()
  const hash = await service.replace(id, agent(from.session), { with: 'speed-up' })
  await arrived(id)
  expect((await get(id)).txHash).toBe(hash)
})

test('a fee that the policies do not allow is not signed; the reservation stays as it was', async () => {
  // Two dollars and a fee of four cents, of which a daily limit leaves no cent more.
  const limits = { instant_max_usd: 10, daily_limit_usd: 2.045 }
  const { service, from, sentPayment, counted, states, spend } = await start({ limits })
  const { id } = await sentPayment({ amount: '1000' })
  const before = await counted()
  await expect(service.replace(id, agent(from.session), { with: 'speed-up' })).rejects.toMatchObject({
    code: 'POLICY_DENIED',
  })
  expect(await counted()).toEqual(before)
  expect(await states(id)).toEqual(['recorded'])
  expect((await spend(id))?.state).toBe('out')
})

test('a replacement that nobody can sign gives back what its fee was raised by, and the next one is signed', async () => {
  const { service, from, sentPayment, counted, states, onSign } = await start()
  const { id } = await sentPayment({ amount: '1000' })
  const before = await counted()
  onSign(async () => {
    throw new Error('the signer is gone')
  })
  const asked = () => service.replace(id, agent(from.session), { with: 'speed-up' })
  await expect(asked()).rejects.toThrow('the signer is gone')
  await until('what was held for it to be free', async () => (await counted()).total === before.total || undefined)
  expect(await states(id)).toEqual(['recorded', 'reused'])
  await asked()
  expect(await states(id)).toEqual(['recorded', 'reused', 'recorded'])
})

test('whoever waits behind a replacement that finds the lane taken over is answered', async () => {
  const { service, from, sentPayment, database, onSign } = await start()
  const { id } = await sentPayment({ amount: '1000' })
  onSign(async () => {
    const moved = database.work({}, (db) =>
      db.query((k) => k.updateTable('lanes').set((row) => ({ fence: row('fence', '+', 1) }))),
    )
    await moved
  })
  const asked = () =>
    service.replace(id, agent(from.session), { with: 'speed-up' }).catch((error: Error) => error.message)
  const answers = await Promise.all([asked(), asked()])
  for (const answer of answers) expect(answer).toContain('another replica signs for it')
})

test('a raised fee is held as soon as it is signed, the value once, and each raise outbids the one before', async () => {
  const { service, from, sentPayment, counted, attempts, arrived, node, mined, events, get, time } = await start()
  const { id } = await sentPayment({ amount: '1000' })
  const totals = [(await counted()).total]
  for (const [index, fee] of [25n, 31n, 38n].entries()) {
    await service.replace(id, index === 1 ? operator : agent(from.session), { with: 'speed-up' })
    await arrived(id)
    time.passed += 2_000
    totals.push((await counted()).total)
    expect((await get(id)).fee?.max).toBe(String(fee))
    expect((await attempts(id)).at(-1)).toMatchObject({ max_fee: String(fee), nonce: 0, purpose: 'speed-up' })
  }
  expect(totals).toEqual([2_040_000n, 2_050_000n, 2_062_000n, 2_076_000n])
  expect(node.pool.size).toBe(1)
  await mined(id, 'CONFIRMED')
  const replaced = (await events(id)).filter(({ event }) => event === 'TX_REPLACED')
  expect(replaced).toHaveLength(3)
  for (const [index, { details }] of replaced.entries())
    expect(JSON.parse(details)).toMatchObject({
      ...{ nonce: 0, purpose: 'speed-up', fee: ['25', '31', '38'][index], tier: 'INSTANT' },
    })
  expect((await attempts(id)).map(({ asked_by }) => asked_by?.split(':')[0])).toEqual([
    undefined,
    'session',
    'operator',
    'session',
  ])
})

test('a payment sped up after a cancel pays again; what is not final decides nothing', async () => {
  const { service, from, sentPayment, arrived, mined, node, to, get, attempts, time } = await start()
  const { id } = await sentPayment({ amount: '1000' })
  await service.replace(id, agent(from.session), { with: 'cancel' })
  await arrived(id)
  time.passed += 2_000
  const last = await service.replace(id, agent(from.session), { with: 'speed-up' })
  await arrived(id)
  await mined(id, 'CONFIRMED', 'CANCELLED')
  expect(await get(id)).toMatchObject({ status: 'CONFIRMED', txHash: last })
  node.mine(3)
  await until('all to be over', async () => (await attempts(id)).every(({ state }) => /final|void/.test(state)))
  expect((await attempts(id)).map(({ purpose, state }) => `${purpose} ${state}`)).toEqual([
    'send void',
    'cancel void',
    'speed-up final',
  ])
  expect(node.balance(to)).toBe(1_000n)
})

test('what finds no block is outbid by itself, in the same purpose, five times at most', async () => {
  const { time, service, from, pay, sentPayment, attempts, get, arrived, events } = await start()
  const { id } = await sentPayment()
  let last = await service.replace(id, agent(from.session), { with: 'cancel' })
  for (let raised = 0; raised < 5; raised++) {
    time.passed += 61_000
    // Time passes again only when what was signed in it is recorded.
    await until('it to be outbid', async () => (await get(id)).txHash !== last)
    last = await arrived(id)
  }
  expect((await attempts(id)).slice(1).map(({ purpose }) => purpose)).toEqual(Array(6).fill('cancel'))
  time.passed += 61_000
  // A round outbids before it signs what is new.
  await arrived(await pay())
  expect(await attempts(id)).toHaveLength(7)
  const actors = (await events(id)).filter(({ event }) => event === 'TX_REPLACED')
  expect(actors).toHaveLength(6)
})

test('one that may not cost more says so and waits at its price', async () => {
  const limits = { instant_max_usd: 10, daily_limit_usd: 2.045 }
  const { time, sentPayment, waits, states, mined } = await start({ limits })
  const { id } = await sentPayment({ amount: '1000' })
  time.passed += 61_000
  await waits(id, 'no block takes it at its price, and a higher one is not possible')
  expect(await states(id)).toEqual(['recorded'])
  expect(await mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
})
