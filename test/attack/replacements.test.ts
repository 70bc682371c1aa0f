import { expect, test } from 'vitest'
import { type MadeUpBed, madeUpBeds } from '../../packages/daemon/test/made-up-bed.ts'
import { agent, operator } from '../../packages/daemon/test/pipeline-bed.ts'
import { forEachEngine } from '../support/for-each-engine.ts'

type Purpose = 'speed-up' | 'cancel'
const refusedOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: { code: string }) => error.code,
  )
const replaces = (bed: MadeUpBed, id: string, purpose: Purpose = 'speed-up') =>
  refusedOf(bed.service.replace(id, agent(bed.from.session), { with: purpose }))
const ended = (bed: MadeUpBed, id: string) => bed.mined(id, 'CONFIRMED', 'FAILED', 'CANCELLED')
/** Lets so much time pass that the next replacement is not too soon. */
const wait = ({ time }: MadeUpBed) => {
  time.passed += 2_000
}

forEachEngine((_engine, open, fresh) => {
  const start = madeUpBeds(open)

  test('an agent that outbids itself without end is stopped after one, and after eight', async () => {
    const bed = await start()
    const { id } = await bed.sentPayment({ amount: '100' })
    const burst = await Promise.all(Array.from({ length: 30 }, () => replaces(bed, id)))
    expect(burst.filter((code) => code === undefined)).toHaveLength(1)
    expect(new Set(burst)).toEqual(new Set([undefined, 'REPLACEMENT_TOO_SOON']))
    // A cancel costs no more than the fee of before, and its price rises with that of the others.
    const purposes: Purpose[] = ['cancel', 'speed-up', 'cancel', 'cancel', 'speed-up', 'cancel']
    const codes: (string | undefined)[] = []
    for (const purpose of [...purposes, ...purposes]) {
      wait(bed)
      codes.push(await replaces(bed, id, purpose))
    }
    expect(codes.slice(0, 6)).toEqual(Array(6).fill(undefined))
    // Five times what the network asks is 100 base units.
    expect(new Set(codes.slice(6))).toEqual(new Set(['POLICY_DENIED']))
    expect((await bed.get(id)).fee).toMatchObject({ max: '90' })
    expect((await bed.attempts(id)).filter(({ hash }) => hash !== null)).toHaveLength(8)
  })

  test('who may not replace any more does not keep the operator from taking it back', async () => {
    const bed = await start()
    const { id } = await bed.sentPayment()
    // The network asks for more and more, so that no price is too high.
    bed.node.faults.price = 1_000n
    for (let count = 0; count < 8; count++) {
      expect(await replaces(bed, id)).toBeUndefined()
      wait(bed)
    }
    for (const purpose of ['speed-up', 'cancel'] as const)
      expect(await replaces(bed, id, purpose)).toBe('REPLACEMENT_LIMIT_REACHED')
    bed.node.faults.price = 2_000n
    await bed.service.replace(id, operator, { with: 'cancel' })
    await bed.arrived(id)
    expect(await ended(bed, id)).toBe('CANCELLED')
  })

  test('a chain that stands still is outbid by no process that comes after, neither by request nor by itself', async () => {
    const location = await fresh()
    const first = await start({ location })
    first.node.faults.standsSince = Date.now()
    const asked = await first.sentPayment()
    expect(await replaces(first, asked.id)).toBeUndefined()
    await first.arrived(asked.id)
    await first.end()
    const second = await start({ location, limits: {} }, first.node)
    second.time.passed = 2_000
    expect(await refusedOf(second.service.replace(asked.id, operator, { with: 'speed-up' }))).toBe(
      'REPLACEMENT_TOO_SOON',
    )
    expect(await second.attempts(asked.id)).toHaveLength(2)
    second.node.faults.standsSince = undefined
    expect(await refusedOf(second.service.replace(asked.id, operator, { with: 'speed-up' }))).toBeUndefined()
  })
})

const start = madeUpBeds()

test('a replacement within what is held is denied by a policy that denies the payment now', async () => {
  const bed = await start()
  const { id } = await bed.sentPayment({ amount: '1000' })
  const held = await bed.counted()
  await bed.rules.create({
    ...{ walletId: bed.from.id, type: 'WHITELIST', priority: 0, enabled: true },
    rules: { allowed_addresses: [bed.from.address] },
  } as never)
  expect(await replaces(bed, id)).toBe('POLICY_DENIED')
  expect(await bed.counted()).toEqual(held)
  // It is taken back all the same: nothing leaves but its fee.
  expect(await replaces(bed, id, 'cancel')).toBeUndefined()
  const decisions = (await bed.attempts(id)).map(({ decision }) => decision && JSON.parse(decision).outcome)
  expect(decisions).toEqual([null, 'ALLOW'])
})

test('what a revoked session has in flight is taken back by the operator, and not sped up', async () => {
  const bed = await start()
  const { id } = await bed.sentPayment({ amount: '1000' })
  await bed.revoke()
  expect(await refusedOf(bed.service.replace(id, operator, { with: 'speed-up' }))).toBe('SESSION_REVOKED')
  await bed.service.replace(id, operator, { with: 'cancel' })
  await bed.arrived(id)
  expect(await ended(bed, id)).toBe('CANCELLED')
  expect(bed.node.balance(bed.to)).toBe(0n)
})

test('nothing is outbid while the chain stands still, neither by request nor by the daemon', async () => {
  const bed = await start()
  const { id, hash } = await bed.sentPayment()
  bed.node.faults.standsSince = Date.now()
  for (let minutes = 0; minutes < 10; minutes++) {
    bed.time.passed += 60_000
    await bed.arrived(await bed.pay())
  }
  expect((await bed.get(id)).txHash).toBe(hash)
  expect(await replaces(bed, id)).toBe('REPLACEMENT_TOO_SOON')
  bed.node.faults.standsSince = undefined
  expect(await replaces(bed, id)).toBeUndefined()
})

test('nothing replaces on an account that is not only its key any more', async () => {
  const bed = await start()
  const { id } = await bed.sentPayment()
  bed.node.faults.foreignCode = 'the account is delegated'
  for (const purpose of ['speed-up', 'cancel'] as const)
    expect(await replaces(bed, id, purpose)).toBe('INVALID_TRANSACTION')
  expect(await bed.states(id)).toEqual(['recorded'])
})

test('a cancel needs no room in a window that is full', async () => {
  // Two dollars and a fee of four cents, of which a daily limit leaves no cent more.
  const bed = await start({ limits: { instant_max_usd: 10, daily_limit_usd: 2.045 } })
  const { id } = await bed.sentPayment({ amount: '1000' })
  expect(await replaces(bed, id)).toBe('POLICY_DENIED')
  expect(await replaces(bed, id, 'cancel')).toBeUndefined()
  await bed.arrived(id)
  expect(await ended(bed, id)).toBe('CANCELLED')
})

test('the operator alone lets one transaction pay more than the policies do, up to what they name', async () => {
  // Of the fee, thirty base units are six cents.
  const bed = await start({ limits: { instant_max_usd: 10, max_fee_usd: 0.06 } })
  const { id } = await bed.sentPayment({ amount: '100' })
  const raise = async (by: typeof operator | ReturnType<typeof agent>, maxFee?: string) => {
    wait(bed)
    return refusedOf(bed.service.replace(id, by, { with: 'speed-up', maxFee }))
  }
  expect(await raise(agent(bed.from.session))).toBeUndefined()
  // Now it takes 31.
  expect(await raise(operator)).toBe('POLICY_DENIED')
  expect(await raise(agent(bed.from.session), '40')).toBe('ACTION_VALIDATION_FAILED')
  await expect(bed.service.replace(id, operator, { with: 'speed-up', maxFee: '30' })).rejects.toMatchObject({
    code: 'POLICY_DENIED',
    message: expect.stringContaining(`waiaas tx replace ${id} --with speed-up --max-fee 31`),
  })
  expect(await bed.get(id)).toMatchObject({ fee: { max: '25', named: null } })
  expect(await raise(operator, '40')).toBeUndefined()
  expect(await bed.get(id)).toMatchObject({ fee: { max: '31', named: '40' } })
  const told = (await bed.events(id)).filter(({ event }) => event === 'TX_REPLACED').map(({ details }) => details)
  expect(told.map((details) => JSON.parse(details).maxFee)).toEqual([undefined, '40'])
  // It is that of this transaction alone.
  expect(await raise(operator)).toBeUndefined()
  expect(await raise(operator)).toBe('POLICY_DENIED')
  const other = await bed.sentPayment({ amount: '100' })
  wait(bed)
  expect(await replaces(bed, other.id)).toBeUndefined()
  wait(bed)
  expect(await replaces(bed, other.id)).toBe('POLICY_DENIED')
})

test('an approval lets the fee come to what was shown, or to what is named with it', async () => {
  const bed = await start({ limits: { instant_max_usd: 10, max_fee_usd: 0.02 } })
  const [shown, named] = [await bed.pay(), await bed.pay()]
  await expect(bed.service.approve(named, { maxFee: '19' })).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
  bed.node.faults.price = 50n
  await bed.service.approve(named, { maxFee: '60' })
  await bed.arrived(named)
  await bed.service.approve(shown)
  await bed.arrived(shown)
  const fees = await Promise.all([named, shown].map(async (id) => (await bed.get(id)).fee))
  expect(fees).toMatchObject([
    { max: '50', named: '60' },
    { max: '20', named: '20' },
  ])
  const approved = (await bed.events(named)).find(({ event }) => event === 'TX_APPROVED')
  expect(JSON.parse(approved!.details)).toMatchObject({ maxFee: '60' })
})

test('cancels beyond what is held use up the reserve of their lane, and then need room like others', async () => {
  // In base units: fifty for one fee and for the lane in a day, and 125 in the window.
  const bed = await start({ limits: { instant_max_usd: 10, max_fee_usd: 0.1, daily_limit_usd: 0.25 } })
  const cancel = (id: string, maxFee?: string) => {
    wait(bed)
    return bed.service.replace(id, operator, { with: 'cancel', maxFee })
  }
  const ids: string[] = []
  for (let count = 0; count < 3; count++) ids.push((await bed.sentPayment({ amount: '1' })).id)
  for (const id of ids.slice(0, 2)) for (let raised = 0; raised < 4; raised++) await cancel(id)
  const last = ids[2]!
  await cancel(last)
  await expect(cancel(last)).rejects.toMatchObject({
    code: 'POLICY_DENIED',
    message: expect.stringContaining('the reserve of the lane for its own fees is used up for today'),
  })
  await cancel(last, '50')
  // What was held for the payments, and the reserve, is all that was signed for, but for what the operator let pass.
  expect((await bed.counted()).total).toBe(256_000n)
})
