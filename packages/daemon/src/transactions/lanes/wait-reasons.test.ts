import { describe, expect, test } from 'vitest'
import { until } from '../../../../../test/support/until.ts'
import { madeUpBeds, madeUpKey } from '../../../test/made-up-bed.ts'
import { agent } from '../../../test/pipeline-bed.ts'
import type { Refusal } from '../../chains/follow.ts'

const LIMITS = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100, delay_seconds: 60, approval_timeout: 600 }

const start = madeUpBeds()

test('what waits for time says until when, and what waits for the operator how long they have', async () => {
  const { pay, get } = await start({ limits: LIMITS })
  const [delayed, asks] = [await pay({ amount: '25000' }), await pay({ amount: '100000' })]
  const delay = await get(delayed)
  expect(delay.waitReason).toMatch(/^it is delayed until \d{4}-/)
  expect(Date.parse(delay.waitReason!.slice('it is delayed until '.length))).toBeGreaterThan(Date.now())
  expect((await get(asks)).waitReason).toMatch(/^the operator can approve it until \d{4}-/)
})

test('while no node answers all of a lane wait with its words, the operator hears it, and it is forgotten', async () => {
  const { node, sentPayment, mined, waits, service, lane, from } = await start()
  await mined((await sentPayment()).id, 'CONFIRMED')
  const { id: second } = await sentPayment()
  node.faults.away = true
  await waits(second, 'no endpoint of made-up answers')
  expect((await lane(from.address))?.wait_reason).toContain('no endpoint of made-up answers')
  expect(service.troubles().join()).toContain('made-up: ')
  node.faults.away = false
  await waits(second, 'it was sent and is in no block yet')
  expect((await lane(from.address))?.wait_reason).toBeNull()
  expect(service.troubles()).toEqual([])
})

test('one that no node can tell of waits with their words, and those behind it go first', async () => {
  const { node, pay, waits, until: reaches, attempts } = await start()
  const odd = madeUpKey().address
  node.faults.unclear.set(odd, 'this one is too much for me')
  const [waiting, other] = await Promise.all([pay({ to: odd }), pay()])
  await reaches(other, 'SUBMITTED')
  await waits(waiting, 'this one is too much for me')
  node.faults.unclear.clear()
  await reaches(waiting, 'SUBMITTED')
  expect((await attempts(waiting))[0]!.nonce).toBe(1)
})

test('one that a node behind finds without money waits with its words, and is paid when that one has caught up', async () => {
  const { node, from, pay, waits, arrived, attempts } = await start()
  node.faults.unfunded.add(from.address)
  const id = await pay()
  expect(await waits(id, '0 are left')).toContain('it is looked at again, because the node is behind')
  expect(node.sent).toEqual([])
  node.faults.unfunded.clear()
  await arrived(id)
  expect(await attempts(id)).toHaveLength(1)
})

describe('a row that is damaged while it waits', () => {
  const columns = ['effects', 'decision', 'draft', 'max_fee', 'request'] as const
  test.each(columns)('(%s) stops alone, with its reason, and its lane goes on', async (column) => {
    const {
      node,
      to,
      pay,
      get,
      waits,
      arrived,
      database,
      time,
      until: reaches,
    } = await start({
      // With an order a draft is made anew, and a damaged one is of no matter.
      order: column !== 'draft',
    })
    node.faults.unclear.set(to, 'not now')
    const [broken, other] = [await pay(), await pay()]
    await waits(broken, 'not now')
    await database.work({}, (db) =>
      db.query((k) =>
        column === 'max_fee'
          ? k.updateTable('transactions').set({ max_fee: '{' }).where('id', '=', broken)
          : k
              .updateTable('transaction_texts')
              .set({ [column]: '{' })
              .where('id', '=', broken),
      ),
    )
    // Old enough to be judged again.
    time.passed += 6_000
    node.faults.unclear.clear()
    await arrived(other)
    expect(await reaches(broken, 'FAILED', 'CANCELLED', 'SUBMITTED')).toBe('FAILED')
    expect((await get(broken)).error).toContain('the log of the daemon says why')
    expect(node.sent).toHaveLength(1)
  })
})

const refusals: Refusal[] = ['nonce-gap', 'insufficient-funds', 'expired', 'pool-full', 'invalid', 'underpriced']
test.each(refusals)(
  'bytes that a node refuses (%s) wait with its words, and land when it takes them',
  async (reason) => {
    const { node, sentPayment, waits, mined, states } = await start()
    let isWilling = false
    const message = `not this one: ${reason}`
    node.faults.answers = () => (isWilling ? undefined : { outcome: 'refused', reason, message })
    const { id } = await sentPayment()
    await waits(id, `a node refused it: not this one: ${reason}`)
    isWilling = true
    await until('it to be sent again', () => node.pool.size > 0)
    expect(await mined(id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    expect((await states(id)).filter((state) => state === 'included' || state === 'final')).toHaveLength(1)
  },
)

test('bytes whose nonce a node knows as used wait until the chain shows by whom', async () => {
  const { node, from, sentPayment, waits, until: reaches } = await start()
  node.faults.answers = () => ({ outcome: 'refused', reason: 'nonce-used', message: 'nonce too low' })
  const { id } = await sentPayment()
  await waits(id, 'its nonce was used by another transaction')
  node.payElsewhere(from.address)
  node.mine(2)
  await reaches(id, 'FAILED')
})

describe('what the signer refuses', () => {
  test('is cancelled with its words; money and nonce are free', async () => {
    const { node, pay, get, until: reaches, spend, states, attempts, events } = await start()
    node.faults.signer = () => 'these bytes are no transaction'
    const id = await pay()
    await reaches(id, 'CANCELLED')
    expect((await get(id)).error).toBe('the signer refused: these bytes are no transaction')
    expect((await spend(id))?.state).toBe('void')
    expect(await states(id)).toEqual(['dropped'])
    expect((await events(id)).at(-1)).toMatchObject({ event: 'TX_CANCELLED', severity: 'critical' })
    node.faults.signer = () => undefined
    const next = await pay()
    await reaches(next, 'SUBMITTED')
    expect(await attempts(next)).toMatchObject([{ nonce: 0 }])
    expect(await states(id)).toEqual(['reused'])
  })

  test('is answered to who asked for a replacement; what was sent goes on', async () => {
    const { node, from, service, sentPayment, mined, states } = await start()
    const { id, hash } = await sentPayment()
    node.faults.signer = () => 'not now'
    await expect(service.replace(id, agent(from.session), { with: 'speed-up' })).rejects.toMatchObject({
      code: 'TX_ALREADY_PROCESSED',
    })
    expect(await states(id)).toEqual(['recorded', 'reused'])
    await mined(id, 'CONFIRMED')
    expect(node.landing(hash)).toBeDefined()
  })
})
