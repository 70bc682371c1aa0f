import { expect, test } from 'vitest'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds } from '../../../test/made-up-bed.ts'
import { agent } from '../../../test/pipeline-bed.ts'

const start = madeUpBeds()
type Bed = Awaited<ReturnType<typeof start>>

/** All at once: the lane is stopped until the last is stored. */
async function payMany({ service, from, pay }: Bed, count: number): Promise<string[]> {
  await service.stops.halt(from.id)
  const ids: string[] = []
  for (let index = 0; index < count; index++) ids.push(await pay())
  service.stops.resume(from.id)
  return ids
}
const inState = async ({ get }: Bed, ids: readonly string[], wanted: string) => {
  const all = await Promise.all(ids.map(get))
  return all.filter(({ status }) => status === wanted).length
}

test('no more attempts wait for a block than the network has room for; each that lands makes room', async () => {
  const bed = await start({ window: 3 })
  const { node } = bed
  const ids = await payMany(bed, 7)
  await until('three to be sent', () => node.pool.size === 3)
  await until('three to be submitted', async () => (await inState(bed, ids, 'SUBMITTED')) === 3)
  expect(await inState(bed, ids, 'PENDING')).toBe(4)
  node.mine(1)
  await until('the next three', () => node.pool.size === 3)
  expect(await inState(bed, ids, 'CONFIRMED')).toBe(3)
  node.mine(1)
  await until('the last', () => node.pool.size === 1)
  node.mine(1)
  await until('all to be confirmed', async () => (await inState(bed, ids, 'CONFIRMED')) === 7)
  expect(node.sent.map(({ lifetime }) => lifetime.nonce)).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test('they are signed in the order in which they were accepted', async () => {
  const bed = await start()
  const ids = await payMany(bed, 12)
  await until('all to be sent', () => bed.node.sent.length === 12)
  const nonces = await Promise.all(ids.map(async (id) => (await bed.attempts(id))[0]!.nonce))
  expect(nonces).toEqual(ids.map((_, index) => index))
})

test('a pool that is full halves the room, and what it refused is sent again when there is room', async () => {
  const bed = await start({ window: 8 })
  const { node } = bed
  node.faults.answers = () => ({ outcome: 'refused', reason: 'pool-full', message: 'full' })
  const first = (await payMany(bed, 1))[0]!
  await bed.waits(first, 'a node refused it: full')
  node.faults.answers = () => undefined
  const rest = await payMany(bed, 6)
  // Four may wait for a block at once, and the first is one of them.
  await until('three more to be in the pool', () => node.pool.size >= 3)
  expect([await inState(bed, rest, 'SUBMITTED'), await inState(bed, rest, 'PENDING')]).toEqual([3, 3])
  await until('all to be confirmed', async () => {
    node.mine(1)
    return (await inState(bed, [first, ...rest], 'CONFIRMED')) === 7
  })
  expect(node.nonce(bed.from.address)).toBe(7)
})

test('what cannot be paid beside what is promised fails before it is signed, and the others are paid', async () => {
  const bed = await start({ limits: { instant_max_usd: 1_000_000 } })
  const { node, pay, until: reaches, get, from } = bed
  const half = node.balance(from.address) / 2n + 1n
  const first = await pay({ amount: String(half) })
  await bed.arrived(first)
  const second = await pay({ amount: String(half) })
  // Not by the word of one look, for who tells of it may be behind.
  await bed.waits(second, 'it is looked at again, because a node that says so may be behind')
  expect(await reaches(second, 'FAILED', 'SUBMITTED')).toBe('FAILED')
  expect(await get(second)).toMatchObject({ txHash: null, error: expect.stringContaining('are needed') })
  expect((await bed.spend(second))?.state).toBe('void')
  const third = await pay()
  await bed.arrived(third)
  expect(await bed.attempts(third)).toMatchObject([{ nonce: 1 }])
})

test('identical payments of a family without an order are different bytes, and each is paid', async () => {
  const bed = await start({ order: false })
  const ids = await payMany(bed, 20)
  await until('all to be sent', () => bed.node.pool.size === 20)
  expect(new Set(bed.node.sent.map(({ hash }) => hash)).size).toBe(20)
  bed.node.mine(1)
  await until('all to be confirmed', async () => (await inState(bed, ids, 'CONFIRMED')) === 20)
  expect(bed.node.balance(bed.to)).toBe(20n)
})

test('a nonce that a cancelled payment left goes to the next one, and no gap is filled', async () => {
  const bed = await start()
  const { pay, until: reaches, attempts, service, from, onSign, states, node } = bed
  const first: string[] = []
  onSign(async () => void (await service.cancel(first[0]!, agent(from.session))))
  await service.stops.halt(from.id)
  first.push(await pay())
  service.stops.resume(from.id)
  await reaches(first[0]!, 'CANCELLED')
  await until('its nonce to be free', async () => (await states(first[0]!))[0] === 'dropped')
  const next = await pay()
  await reaches(next, 'SUBMITTED')
  expect(await attempts(next)).toMatchObject([{ nonce: 0 }])
  expect(await states(first[0]!)).toEqual(['reused'])
  await bed.mined(next, 'CONFIRMED')
  expect(node.sent).toHaveLength(1)
  expect((await service.listOfWallet(from.id, undefined, 10)).items).toHaveLength(2)
})

test('a lane whose key another program used starts above it, and says so', async () => {
  const bed = await start()
  const { node, from, sentPayment, mined, attempts, database } = bed
  const { id } = await sentPayment()
  await mined(id, 'CONFIRMED')
  node.mine(2)
  await until('it to be final', async () => (await bed.states(id))[0] === 'final')
  for (let count = 0; count < 3; count++) node.payElsewhere(from.address)
  const next = await sentPayment()
  expect(await attempts(next.id)).toMatchObject([{ nonce: 4 }])
  const alarms = await database.read((db) => bed.evidence.list(db, { event: 'NONCE_USED_ELSEWHERE' } as never, 10))
  expect(alarms).toMatchObject([{ severity: 'critical' }])
})

test('a stop that ends while the first payment of a wallet makes its lane leaves that lane working', async () => {
  const { service, from, pay, arrived, attempts } = await start()
  await service.stops.halt(from.id)
  const id = await pay()
  service.stops.resume(from.id)
  await arrived(id)
  expect(await attempts(id)).toMatchObject([{ state: 'recorded', nonce: 0 }])
})

/** Two payments, the first of which is cancelled while it is signed, with a nonce that is too dear to be filled by itself. */
async function gap() {
  const bed = await start({ limits: { instant_max_usd: 10, max_fee_usd: 0.06 } })
  const ids: string[] = []
  bed.onSign(async () => {
    bed.node.faults.price = 200n
    await bed.service.cancel(ids[0]!, agent(bed.from.session))
  })
  await bed.service.stops.halt(bed.from.id)
  ids.push(await bed.pay(), await bed.pay())
  bed.service.stops.resume(bed.from.id)
  const reason = await bed.waits(ids[1]!, 'a nonce of the lane is free, and what fills it waits for the operator')
  const fills = async () =>
    (await bed.service.listOfWallet(bed.from.id, undefined, 10)).rows.filter((row) => row.session_id === null)
  return { bed, behind: ids[1]!, reason, fills }
}

test('what fills a gap above the bounds waits for the operator, says so, and goes on with the fee that they name', async () => {
  const { bed, behind, reason, fills } = await gap()
  expect(reason).toContain('the most that a fee may be')
  expect(bed.service.troubles().join()).toContain('what fills it waits for the operator')
  const [fill] = await fills()
  expect(fill).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL' })
  expect(await bed.events(fill!.id)).toMatchObject([{ event: 'LANE_GAP_FILLED' }])
  bed.node.faults.price = 220n
  await bed.service.approve(fill!.id, { maxFee: '250' })
  await bed.arrived(fill!.id)
  expect(await bed.get(fill!.id)).toMatchObject({ fee: { max: '220', named: '250' } })
  expect(await bed.mined(behind, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  expect(await fills()).toHaveLength(1)
})

test('nodes that take no nonce before the one below it leave room for what fills a gap', async () => {
  const bed = await start({ window: 8, expiry: false })
  const { node, from } = bed
  const pooled = () => new Set([...node.pool.values()].map(({ lifetime }) => lifetime.nonce))
  node.faults.answers = ({ lifetime }) => {
    const known = pooled()
    for (let nonce = node.nonce(from.address); nonce < lifetime.nonce!; nonce++)
      if (!known.has(nonce)) return { outcome: 'refused', reason: 'nonce-gap', message: 'nonce too high' }
    return undefined
  }
  const ids: string[] = []
  bed.onSign(async () => void (await bed.service.cancel(ids[0]!, agent(from.session))))
  await bed.service.stops.halt(from.id)
  for (let count = 0; count < 4; count++) ids.push(await bed.pay())
  bed.service.stops.resume(from.id)
  // Each refusal halves the room: there is less of it now than what waits.
  for (const id of ids.slice(1)) await bed.waits(id, 'a node refused it: nonce too high')
  await until('the others to be confirmed', async () => {
    if (node.pool.size > 0) node.mine(1)
    return (await inState(bed, ids, 'CONFIRMED')) === 3
  })
  expect(node.holder(from.address, 0)?.tx.body).toMatchObject({ to: from.address, amount: '0' })
  expect(node.balance(bed.to)).toBe(3n)
})

test('what was to fill a gap that a payment has closed meanwhile ends, and is not signed', async () => {
  const { bed, behind, fills } = await gap()
  bed.node.faults.price = 20n
  const { id } = await bed.sentPayment()
  expect(await bed.attempts(id)).toMatchObject([{ nonce: 0 }])
  expect(await bed.mined(behind, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
  const [fill] = await fills()
  await bed.service.approve(fill!.id)
  expect(await bed.until(fill!.id, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
  expect(bed.node.sent).toHaveLength(2)
})
