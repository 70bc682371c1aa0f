import { writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { preparedPostgresDatabase } from './support/prepared.ts'
import { until } from './support/until.ts'
import { GENEROUS } from './support/wallets.ts'
import { evmWorld } from './support/worlds.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Line = { url: string; cut(): void; mend(): void }

/** A line to the database that can be cut and mended. */
async function lineTo(database: string): Promise<Line> {
  const target = new URL(database)
  const open = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.pipe(other)
      // A cut line shows as an error on both sides.
      one.on('error', () => other.destroy()).once('close', () => open.delete(one))
    }
    if (isCut) near.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  const url = new URL(database)
  url.port = String(address.port)
  const cut = () => {
    isCut = true
    for (const socket of open) socket.destroy()
  }
  closers.push(async () => {
    cut()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: url.href,
    cut,
    mend: () => {
      isCut = false
    },
  }
}

const isReady = async (daemon: TestDaemon) => (await daemon.call('GET', '/health/ready')).status === 200

test('a daemon whose database goes away and whose signer dies meanwhile lives on, and works again by itself', async () => {
  const line = await lineTo(await preparedPostgresDatabase())
  const daemon = await startTestDaemon({ process: true, env: { WAIAAS_DATABASE_URL: line.url } })
  closers.push(() => daemon.stop())
  const pid = daemon.pid()
  // A source of the password that can be read again.
  writeFileSync(join(daemon.dataDir, 'recovery.key'), `${MASTER_PASSWORD}\n`, { mode: 0o600 })
  const { id } = await daemon.operator.createWallet({ name: 'before', chain: 'ethereum' })

  line.cut()
  expect((await daemon.call('GET', '/health')).status).toBe(200)
  const notReady = await daemon.call('GET', '/health/ready')
  expect([notReady.status, notReady.body]).toMatchObject([500, { details: { checks: { database: { ok: false } } } }])
  const refused = await daemon.call('POST', '/v1/wallets', { as: 'operator', body: { name: 'x', chain: 'ethereum' } })
  expect(refused.status).toBeGreaterThanOrEqual(500)
  process.kill(daemon.signerPid(), 'SIGKILL')
  await until('the daemon to notice that its signer has died', () => daemon.output().includes('the signer ended'))
  await until('it to fail at unlocking the new one', () =>
    daemon.output().includes('cannot be started or unlocked yet'),
  )

  line.mend()
  await until('the daemon to be ready again', () => isReady(daemon))
  expect(daemon.pid()).toBe(pid)
  expect((await daemon.operator.getWallet({ id })).name).toBe('before')
  await daemon.operator.createWallet({ name: 'after', chain: 'ethereum' })

  const secret = new URL(line.url).password
  for (const text of [daemon.output(), notReady.text, refused.text]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(MASTER_PASSWORD)
  }
  expect(await daemon.terminate()).toBe(0)
})

test('payments that are asked for while the signer dies are each made once', async () => {
  const world = await evmWorld()
  closers.push(() => world.stop())
  const daemon = await startTestDaemon({ process: true, env: world.env })
  closers.push(() => daemon.stop())
  writeFileSync(join(daemon.dataDir, 'recovery.key'), `${MASTER_PASSWORD}\n`, { mode: 0o600 })
  const wallet = await world.wallet(daemon, { limit: GENEROUS })
  const agent = daemon.agent(wallet.token)
  const targets = Array.from({ length: 40 }, () => world.newAddress())
  const sends = targets.map((to) => agent.sendToken({ to, amount: '1000', network: world.network }))
  await sends[0]
  process.kill(daemon.signerPid(), 'SIGKILL')
  const sent = await Promise.all(sends)
  for (const { id } of sent) {
    const ending = async () => (await agent.getTransaction({ id })).status
    await until(`${id} to land`, async () => (await ending()) === 'CONFIRMED')
  }
  for (const to of targets) expect(await world.balance(to)).toBe(1000n)
})

test('payments whose signer is killed between issue and record are signed by the next one, each once and in a row', async () => {
  const world = await evmWorld()
  closers.push(() => world.stop())
  const daemon = await startTestDaemon({ process: true, env: world.env })
  closers.push(() => daemon.stop())
  writeFileSync(join(daemon.dataDir, 'recovery.key'), `${MASTER_PASSWORD}\n`, { mode: 0o600 })
  const wallet = await world.wallet(daemon, { limit: GENEROUS })
  const agent = daemon.agent(wallet.token)
  // One first, so that the lane is there.
  const first = await agent.sendToken({ to: world.newAddress(), amount: '1', network: world.network })
  await agent.waitFor(first.id)
  const signer = daemon.signerPid()
  process.kill(signer, 'SIGSTOP')
  const targets = Array.from({ length: 5 }, () => world.newAddress())
  const sent = await Promise.all(targets.map((to) => agent.sendToken({ to, amount: '1000', network: world.network })))
  // Issued, and the signature cannot come: it is recorded nowhere.
  await until('one to be issued', async () => {
    const states = await Promise.all(sent.map(({ id }) => agent.getTransaction({ id })))
    return states.some(({ status }) => status === 'EXECUTING')
  })
  process.kill(signer, 'SIGKILL')
  for (const { id } of sent) expect((await agent.waitFor(id)).status).toBe('CONFIRMED')
  for (const to of targets) expect(await world.balance(to)).toBe(1000n)
  const nonce = await world.node.rpc('eth_getTransactionCount', [wallet.address, 'latest'])
  expect(Number(nonce)).toBe(1 + sent.length)
})
