import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../../packages/daemon/src/platform/db/database.ts'
import { madeUpBed, madeUpNode } from '../../packages/daemon/test/made-up-bed.ts'
import { migrations } from '../../packages/daemon/test/pipeline-bed.ts'
import { preparedPostgresDatabase } from '../support/prepared.ts'
import { until } from '../support/until.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Two processes over one database and one chain, each with an endpoint that fails by itself. */
async function replicas() {
  const url = await preparedPostgresDatabase()
  const chain = madeUpNode()
  const boot = async (limits?: Record<string, unknown>) => {
    const node = { ...chain, faults: { ...chain.faults } }
    const database = await openDatabase({ url, migrations })
    const bed = await madeUpBed({ node, database, ...(limits && { limits }) })
    stops.unshift(async () => {
      await bed.stop()
      await database.close()
    })
    return bed
  }
  const one = await boot()
  /** Another one takes the lane, whose holder says nothing any more: also its connection for locks is gone. */
  async function takeOver() {
    await one.database.work({ exclusive: [`wallet:${one.from.id}`] }, (db) =>
      db.query((k) => k.updateTable('lanes').set({ lease_until: 0 })),
    )
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'idle in transaction' and datname = current_database()`)
    await client.end()
    const before = await one.lane(one.from.address)
    const two = await boot({})
    await until('the lane to be taken', async () => (await two.lane(one.from.address))!.fence > before!.fence)
    return two
  }
  return { chain, one, takeOver }
}

test('a replica that lost its lane cannot say that bytes never left which another one has sent', async () => {
  const { chain, one, takeOver } = await replicas()
  const sending = Promise.withResolvers<void>()
  one.node.faults.sending = sending.promise
  const id = await one.pay({ amount: '5000' })
  await until('the bytes to be on their way', async () => (await one.attempts(id))[0]?.left_at != null)
  const two = await takeOver()
  const hash = await two.arrived(id)
  one.node.faults.away = true
  sending.resolve()
  await one.service.stops.quiet()
  const why = { error: 'stopped', code: 'WALLET_SUSPENDED', actor: 'operator' } as const
  await two.database.work({ exclusive: ['system'] }, (db) =>
    two.service.stops.begin(db, { ...why, walletId: one.from.id }),
  )
  expect((await two.get(id)).status).toBe('SUBMITTED')
  expect(await two.mined(id, 'CONFIRMED', 'CANCELLED')).toBe('CONFIRMED')
  expect(chain.landing(hash)).toBeDefined()
  expect(chain.sent).toHaveLength(1)
  await until('the spend to be final', async () => {
    chain.mine(1)
    return (await two.spend(id))?.state === 'final'
  })
  expect((await two.counted(one.from.id)).total).toBeGreaterThan(0n)
})

test('what a replica saw before it lost its lane is no news any more', async () => {
  const { chain, one, takeOver } = await replicas()
  const { id, hash } = await one.sentPayment({ amount: '5000' })
  chain.mine(1)
  await one.until(id, 'CONFIRMED')
  const looking = Promise.withResolvers<void>()
  let hasLooked = false
  // Between two looks: the next one sees it in no block, and tells that when it is in another one.
  await new Promise(setImmediate)
  chain.reorganise(1)
  Object.defineProperty(one.node.faults, 'looking', {
    get() {
      hasLooked = true
      return looking.promise
    },
  })
  await until('a look', () => hasLooked)
  const two = await takeOver()
  chain.mine(1)
  const block = () => chain.landing(hash)?.block.hash
  await until('the new block to be booked', async () => (await two.attempts(id))[0]?.block_hash === block())
  looking.resolve()
  await one.stop()
  const reorgs = (await two.events(id)).filter(({ event }) => event === 'TX_REORGED')
  expect(reorgs).toHaveLength(1)
  expect((await two.attempts(id))[0]?.block_hash).toBe(block())
})
