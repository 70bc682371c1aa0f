import { describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import type { Mode } from './support/rpc-proxy.ts'
import { until } from './support/until.ts'
import { GENEROUS, type TestWallet } from './support/wallets.ts'
import { evmWorld, expectCounted, solanaWorld, type World } from './support/worlds.ts'

const SECRET = 'k3y-of-the-endpoint'
const COUNT = 10
const worlds = [
  ['EVM', () => evmWorld({ blockTime: 0.25 }, `/v2/${SECRET}`)],
  ['Solana', () => solanaWorld({}, `/v2/${SECRET}`)],
] as const

type Payment = { key: string; to: string; amount: bigint; id?: string }
type Scene = { world: World; daemon: TestDaemon; wallet: TestWallet; payments: Payment[]; heard: string[] }

async function onStage(make: () => Promise<World>, play: (scene: Scene) => Promise<void>): Promise<void> {
  const world = await make()
  const daemon = await startTestDaemon({ env: world.env, process: true })
  try {
    const wallet = await world.wallet(daemon, { limit: { ...GENEROUS, daily_limit_usd: 1_000_000 } })
    const payments = Array.from({ length: COUNT }, (_, index) => ({
      key: `payment-${index}`,
      to: world.newAddress(),
      amount: world.amount(index),
    }))
    await play({ world, daemon, wallet, payments, heard: [] })
  } finally {
    await daemon.stop()
    await world.stop()
  }
}

async function pay({ daemon, wallet, world, heard }: Scene, payment: Payment) {
  const { key, to, amount } = payment
  const answer = await daemon.call<{ id: string; code: string; retryable: boolean }>('POST', '/v1/transactions/send', {
    as: wallet.token,
    headers: { 'idempotency-key': key },
    body: { type: 'TRANSFER', to, amount: String(amount), network: world.network },
  })
  heard.push(answer.text)
  if (answer.status === 201) payment.id = answer.body.id
  return answer
}
const isConfirmed = async ({ daemon, heard }: Scene, { id }: Payment) => {
  const { text, body } = await daemon.call('GET', `/v1/transactions/${id}`, { as: 'operator' })
  heard.push(text)
  return body.status === 'CONFIRMED'
}

/** Everything that an operator or agent may ask while a node fails. */
async function askAround({ daemon, wallet, world, heard }: Scene): Promise<void> {
  const agentPaths = [`/v1/wallet/balance?network=${world.network}`, '/v1/transactions', '/v1/connect-info']
  const operatorPaths = ['/v1/admin/rpc-status', '/v1/admin/settings', '/v1/admin/status', '/v1/audit-logs']
  const answers = await Promise.all([
    ...agentPaths.map((path) => daemon.call('GET', path, { as: wallet.token })),
    ...operatorPaths.map((path) => daemon.call('GET', path, { as: 'operator' })),
    daemon.call('GET', '/health/ready'),
    daemon.call('POST', '/v1/transactions/simulate', {
      as: wallet.token,
      body: { to: world.newAddress(), amount: '1000000', network: world.network },
    }),
  ])
  heard.push(...answers.map(({ text }) => text))
}

/** Each payment was made once, is reported and counted so, and nobody heard the endpoint's key. */
async function expectOnce(scene: Scene, before: bigint): Promise<void> {
  const { world, daemon, payments, heard } = scene
  for (const payment of payments)
    await until(`${payment.key} to be CONFIRMED`, () => isConfirmed(scene, payment), { withinMs: 45_000, everyMs: 50 })
  const balances = await Promise.all(payments.map(({ to }) => world.balance(to)))
  expect(balances).toEqual(payments.map(({ amount }) => amount))
  await expectCounted(scene, before, COUNT)
  await askAround(scene)
  expect(heard.filter((text) => text.includes(SECRET))).toEqual([])
  expect(daemon.output()).not.toContain(SECRET)
}

describe.each(worlds)('on %s', (_, make) => {
  test.each<Mode>(['lose-bytes', 'lose-answer', 'already-known', 'hold-answer'])(
    'sends whose fate is %s are paid once, from the same bytes',
    (mode) =>
      onStage(make, async (scene) => {
        const { world, payments } = scene
        const before = await world.balance(scene.wallet.address)
        world.proxy.mode = mode
        const answers = await Promise.all(payments.map((payment) => pay(scene, payment)))
        expect(answers.map(({ status }) => status)).toEqual(payments.map(() => 201))
        await until('sends', () => world.proxy.sends.length > 0)
        await askAround(scene)
        world.proxy.mode = 'pass'
        await expectOnce(scene, before)
        expect(world.proxy.first()).toHaveLength(COUNT)
      }),
  )

  test('a node that goes away in the middle and comes back leaves no payment lost or doubled', () =>
    onStage(make, async (scene) => {
      const { world, daemon, payments } = scene
      const before = await world.balance(scene.wallet.address)
      const half = COUNT / 2
      world.proxy.mode = 'hold'
      await Promise.all(payments.slice(0, half).map((payment) => pay(scene, payment)))
      await until('a send', () => world.proxy.sends.length > 0)
      world.proxy.mode = 'away'
      const during = await Promise.all(payments.slice(half).map((payment) => pay(scene, payment)))
      for (const { status, body } of during) {
        if (status === 201) continue
        expect([status, body]).toMatchObject([502, { code: 'CHAIN_ERROR', retryable: true }])
      }
      await askAround(scene)
      const known = await daemon.operator.adminListTransactions({ wallet_id: scene.wallet.id })
      expect(known.items.map(({ status }) => status)).not.toContain('FAILED')
      world.proxy.mode = 'pass'
      for (const payment of payments) {
        await until(`${payment.key} to be accepted`, async () => (await pay(scene, payment)).status === 201, {
          withinMs: 45_000,
          everyMs: 250,
        })
      }
      await expectOnce(scene, before)
    }))
})
