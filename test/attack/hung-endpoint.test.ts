import { afterEach, expect, test } from 'vitest'
import { startTestDaemon } from '../support/daemon.ts'
import { until } from '../support/until.ts'
import { GENEROUS } from '../support/wallets.ts'
import { evmWorld } from '../support/worlds.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

test('an endpoint that never answers keeps no stop waiting, and gets nothing more of the batch', async () => {
  const world = await evmWorld()
  closers.push(() => world.stop())
  const daemon = await startTestDaemon({ env: world.env })
  closers.push(() => daemon.stop())
  const wallet = await world.wallet(daemon, { limit: GENEROUS })
  world.proxy.mode = 'hold-answer'
  const sent = await daemon.call<{ id: string }>('POST', '/v1/transactions/send', {
    as: wallet.token,
    body: { to: world.newAddress(), amount: '1', network: world.network },
  })
  await until('it to leave', () => world.proxy.sends.length === 1)
  // The proxy holds its answer until it is told to go on, which it is only after this.
  expect(await daemon.operator.activateKillSwitch()).toMatchObject({ state: 'SUSPENDED' })
  // It may have arrived, and nobody says otherwise.
  expect((await daemon.operator.getTransaction({ id: sent.body.id })).status).not.toBe('CANCELLED')
  expect(world.proxy.sends).toHaveLength(1)
})
