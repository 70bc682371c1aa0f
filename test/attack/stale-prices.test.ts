import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { freshPostgresDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { ETHER } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

/** Two daemons over one database and one chain; what one is told, the other learns within a second. */
let world: EvmWorld
let one: TestDaemon
let two: TestDaemon
beforeAll(async () => {
  world = await evmWorld()
  const env = { ...world.env, WAIAAS_DATABASE_URL: await freshPostgresDatabase() }
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
  const before = world.proxy.sends.length
  world.proxy.mode = 'hold'
  try {
    expect((await send(one, token, ETHER)).status).toBe(201)
    await until('it to be on its way', () => world.proxy.sends.length > before)
    let isAnswered = false
    const corrected = fix(two, '20000').then(() => {
      isAnswered = true
    })
    const later = async () => (await send(two, token, ETHER)).status === 403
    await until('the new price to count', later)
    for (let look = 0; look < 20; look++) await two.call('GET', '/v1/admin/status', { as: 'operator' })
    expect(isAnswered).toBe(false)
    world.proxy.mode = 'pass'
    await corrected
  } finally {
    world.proxy.mode = 'pass'
  }
})
