import { type Hex, keccak256 } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { preparedPostgresDatabase } from '../support/prepared.ts'
import { until } from '../support/until.ts'
import { ETHER } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

/** Two daemons over one database and one chain; what one is told, the other learns within a second. */
let world: EvmWorld
let one: TestDaemon
let two: TestDaemon
beforeAll(async () => {
  world = await evmWorld()
  const env = { ...world.env, WAIAAS_DATABASE_URL: await preparedPostgresDatabase() }
  one = await startTestDaemon({ env })
  two = await startTestDaemon({ env })
})
afterAll(async () => {
  await one?.stop()
  await two?.stop()
  await world?.stop()
})

const fix = (daemon: TestDaemon, usd: string) =>
  daemon.operator.updateSettings({
    settings: [{ key: 'oracle.fixed_prices', value: JSON.stringify({ [`native:${world.network}`]: usd }) }],
  })
const send = (daemon: TestDaemon, token: string, amount: bigint) => {
  const body = { type: 'TRANSFER', to: world.newAddress(), amount: String(amount), network: world.network }
  return daemon.call<{ id: string; code: string }>('POST', '/v1/transactions/send', { as: token, body })
}

test('once a corrected price has been answered, no replica lets out money at the one before', async () => {
  const { id, token } = await world.wallet(one)
  const rules = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10, daily_limit_usd: 10 }
  await one.operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules })
  for (const round of [1, 2, 3]) {
    await fix(one, '0.000001')
    // The other one has taken the low price over, and pays by it.
    await until('the low price to be known', async () => (await send(two, token, ETHER / 1000n)).status === 201)
    await until('it to be followed', async () =>
      (await two.call('GET', '/v1/admin/settings', { as: 'operator' })).text.includes('0.000001'),
    )
    await fix(one, '20000')
    const answers = await Promise.all([send(two, token, ETHER), send(two, token, ETHER), send(one, token, ETHER)])
    expect([round, ...answers.map(({ status, body }) => [status, body.code])]).toEqual([
      round,
      ...answers.map(() => [403, 'POLICY_DENIED']),
    ])
  }
})

test('a corrected price is answered when what was decided by the one before is through', async () => {
  await fix(one, '1')
  const { id, token } = await world.wallet(one)
  const rules = { instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 10, daily_limit_usd: 10 }
  await one.operator.createPolicy({ walletId: id, type: 'SPENDING_LIMIT', rules })
  world.proxy.mode = 'hold'
  try {
    const sent = await send(one, token, ETHER)
    expect(sent.status).toBe(201)
    // Payments of other wallets are on their way as well; and the replica that is told may be the one that sends this one.
    const leaving = await until('it to be on its way', async () => {
      const { txHash } = await one.operator.getTransaction({ id: sent.body.id })
      return txHash !== null && world.proxy.sends.find(({ bytes }) => keccak256(bytes as Hex) === txHash)
    })
    const corrected = fix(two, '20000')
    await until('the new price to count', async () => (await send(two, token, ETHER / 1000n)).status === 403)
    const looks = async () => {
      for (let look = 0; look < 20; look++) await two.call('GET', '/v1/admin/status', { as: 'operator' })
      world.proxy.mode = 'pass'
    }
    await Promise.race([corrected, looks()])
    await corrected
    await until('what left before to be over', () => leaving.isOver)
  } finally {
    world.proxy.mode = 'pass'
  }
})
