import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { startTestDaemon } from '../support/daemon.ts'
import { preparedPostgresDatabase } from '../support/prepared.ts'
import { throughSocket } from '../support/stop-socket.ts'
import { until } from '../support/until.ts'
import { GENEROUS, type TestWallet } from '../support/wallets.ts'
import { envOf, evmWorld, solanaWorld, type World } from '../support/worlds.ts'

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

/** An endpoint that takes 0.7 s for each request, and notes when a transaction went through it. */
async function slowEndpoint(target: string) {
  const sends: number[] = []
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const body = Buffer.concat(await request.toArray()).toString()
    if (body.includes('eth_sendRawTransaction')) sends.push(performance.now())
    await pause(700)
    const answer = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  // Listening on TCP, the address has a port.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sends }
}

test('a busy lane over an endpoint that takes 0.7 s keeps no stop waiting for a second, and sends nothing after it', async () => {
  const world = await evmWorld()
  closers.push(() => world.stop())
  const endpoint = await slowEndpoint(world.proxy.url)
  const daemon = await startTestDaemon({ env: { ...world.env, WAIAAS_RPC_EVM_LOCAL_EVM: endpoint.url } })
  closers.push(() => daemon.stop())
  const wallet = await world.wallet(daemon, { limit: GENEROUS })
  const pay = () =>
    daemon.call('POST', '/v1/transactions/send', {
      as: wallet.token,
      body: { to: world.newAddress(), amount: '1', network: world.network },
    })
  await pay()
  await Promise.all([...Array(150)].map(pay))
  await until('it to be busy', () => endpoint.sends.length > 0)
  const begun = performance.now()
  expect((await throughSocket(daemon.dataDir, 'POST', '/v1/admin/kill-switch')).body.state).toBe('SUSPENDED')
  const answered = performance.now()
  expect(answered - begun).toBeLessThan(1_000)
  await daemon.terminate()
  expect(endpoint.sends.filter((at) => at > answered)).toEqual([])
  await daemon.restart()
  expect((await daemon.operator.getKillSwitch()).state).toBe('SUSPENDED')
})

/** Batches of one network, at one replica. */
const SENT_AT_ONCE = 8

test('a network whose endpoint hangs holds up no payment on another one, and no stop by another replica', {
  timeout: 180_000,
}, async () => {
  const [hung, other] = [await evmWorld(), await solanaWorld()]
  closers.push(hung.stop, other.stop)
  const env = { ...envOf(hung, other), WAIAAS_DATABASE_URL: await preparedPostgresDatabase() }
  const replica = async () => {
    const daemon = await startTestDaemon({ env })
    closers.push(() => daemon.stop())
    return daemon
  }
  const one = await replica()
  const wallets = await Promise.all([...Array(SENT_AT_ONCE + 1)].map(() => hung.wallet(one, { limit: GENEROUS })))
  const payer = await other.wallet(one, { limit: GENEROUS })
  const pay = async (world: World, { token }: TestWallet) => {
    const body = { to: world.newAddress(), amount: String(world.amount(1)), network: world.network }
    expect((await one.call('POST', '/v1/transactions/send', { as: token, body })).status).toBe(201)
  }
  hung.proxy.mode = 'hold-answer'
  for (const wallet of wallets) await pay(hung, wallet)
  await until('as many to hang as are sent at once', () => hung.proxy.sends.length === SENT_AT_ONCE)
  await pay(other, payer)
  await until('the payment on the other network to leave', () => other.proxy.sends.length > 0)
  // None of those that hang has ended meanwhile, or the next would have left.
  expect(hung.proxy.sends).toHaveLength(SENT_AT_ONCE)
  const two = await replica()
  const begun = performance.now()
  expect((await throughSocket(two.dataDir, 'POST', '/v1/admin/kill-switch')).body.state).toBe('SUSPENDED')
  expect(performance.now() - begun).toBeLessThan(2_000)
  // Nobody has to wait for them at the end.
  hung.proxy.mode = 'pass'
})
