import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { GENEROUS } from './support/wallets.ts'
import { evmWorld } from './support/worlds.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** No file of the daemon grows any more, as on a full disk: the system refuses the write. */
function fill({ pid, dataDir }: TestDaemon): void {
  const { size } = statSync(join(dataDir, 'data/waiaas.db-wal'))
  limit(pid(), String(size))
}
const makeRoom = ({ pid }: TestDaemon): void => limit(pid(), 'unlimited')
const limit = (pid: number, bytes: string): void =>
  void execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])

type Ready = { status: string; details?: { checks: Record<string, { ok: boolean; message?: string }> } }
const ready = (daemon: TestDaemon) => daemon.call<Ready>('GET', '/health/ready')

test('a daemon whose disk fills up says so, sends nothing that it cannot record, stops when told, and goes on with room', async () => {
  const world = await evmWorld()
  closers.push(() => world.stop())
  const daemon = await startTestDaemon({ process: true, env: world.env })
  closers.push(() => daemon.stop())
  const wallet = await world.wallet(daemon, { limit: GENEROUS })
  const send = (index: number, key = crypto.randomUUID()) =>
    daemon.call<{ id: string; code?: string }>('POST', '/v1/transactions/send', {
      as: wallet.token,
      body: { to: world.newAddress(), amount: String(world.amount(index)), network: world.network },
      headers: { 'idempotency-key': key },
    })
  const first = await send(0)
  await until('the first payment to land', async () => {
    const { status } = await daemon.operator.getTransaction(first.body.id)
    return status === 'CONFIRMED'
  })
  const sends = world.proxy.sends.length

  fill(daemon)
  const refused = await send(1)
  expect([refused.status, refused.body.code]).toEqual([503, 'STORAGE_UNAVAILABLE'])
  const full = await ready(daemon)
  expect([full.status, full.body.details?.checks.storage?.ok]).toEqual([503, false])
  expect(full.body.details?.checks.storage?.message).toContain(join(daemon.dataDir, 'data/waiaas.db'))

  // What is read is answered, and stops hold.
  expect((await daemon.call('GET', '/v1/wallets', { as: 'operator' })).status).toBe(200)
  const suspended = await daemon.operator.suspendWallet({ id: wallet.id })
  const policy = { type: 'RATE_LIMIT', rules: { max_requests: 1_000, window_seconds: 60 } } as const
  const tightened = await daemon.operator.createPolicy({ walletId: wallet.id, ...policy })
  expect(tightened.unwritten).toEqual(expect.any(String))
  const thrown = await daemon.operator.activateKillSwitch({})
  expect([suspended.unwritten, thrown.unwritten]).toEqual([expect.any(String), expect.any(String)])
  expect((await send(2)).body.code).toBe('SYSTEM_LOCKED')
  expect((await ready(daemon)).body.details?.checks.stops?.message).toMatch(
    new RegExp(`wallet ${wallet.id}, change .* of policy ${tightened.id}, kill switch`),
  )
  expect(await daemon.operator.getAdminStatus({})).toMatchObject({
    killSwitchState: 'SUSPENDED',
    warnings: expect.arrayContaining([expect.stringContaining('not written yet')]),
  })
  expect(world.proxy.sends.length).toBe(sends)

  makeRoom(daemon)
  await until('the stops to be written', async () => (await ready(daemon)).status === 200)
  expect((await daemon.operator.getKillSwitch({})).unwritten).toBeUndefined()
  expect((await daemon.operator.getWallet({ id: wallet.id })).status).toBe('SUSPENDED')
  expect(await daemon.operator.getPolicy({ id: tightened.id })).toMatchObject(policy)
  await daemon.operator.recoverKillSwitch({})
  await daemon.operator.resumeWallet({ id: wallet.id })
  const last = await send(3)
  await until('a payment after that to land', async () => {
    const { status } = await daemon.operator.getTransaction(last.body.id)
    return status === 'CONFIRMED'
  })

  // A stop of the process on a full disk is one in good order.
  fill(daemon)
  expect(await daemon.terminate()).toBe(0)
})

test('a daemon whose log goes to a full disk works on without it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'waiaas-log-'))
  closers.push(async () => rmSync(dataDir, { recursive: true }))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support/daemon-process.ts')], {
    env: {
      WAIAAS_DATA_DIR: dataDir,
      WAIAAS_MASTER_PASSWORD: MASTER_PASSWORD,
      WAIAAS_DAEMON_PORT: '0',
      WAIAAS_KEYSTORE_ARGON2_MEMORY: '19456',
      WAIAAS_KEYSTORE_ARGON2_TIME: '2',
    },
    stdio: ['ignore', openSync('/dev/full', 'w'), 'inherit'],
  })
  const exited = once(child, 'exit')
  closers.push(async () => void child.kill('SIGKILL'))
  const port = join(dataDir, 'daemon.port')
  await until('the port', () => existsSync(port) || child.exitCode !== null)
  const base = `http://127.0.0.1:${readFileSync(port, 'utf8').trim()}`
  expect((await fetch(`${base}/health/ready`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await exited)[0]).toBe(0)
})
