import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, globSync, openSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { isStop, operations, STOP_SOCKET } from '@waiaas/contract'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterEach, expect, test } from 'vitest'
import {
  MASTER_PASSWORD,
  type Method,
  startTestDaemon,
  type TestDaemon,
  type TestDaemonOptions,
} from '../support/daemon.ts'
import { preparedPostgresDatabase } from '../support/prepared.ts'
import { throughSocket } from '../support/stop-socket.ts'
import { until } from '../support/until.ts'

const daemons: TestDaemon[] = []
afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop()
})

async function started(options?: TestDaemonOptions): Promise<TestDaemon> {
  const daemon = await startTestDaemon(options)
  daemons.push(daemon)
  return daemon
}

const activate = ['POST', operations.activateKillSwitch.path] as const
const stateOf = async (daemon: TestDaemon) => (await daemon.operator.getKillSwitch()).state
const evidenceOf = async (daemon: TestDaemon, event_type: string) =>
  (await daemon.operator.listAuditLogs({ event_type })).data

test('the socket in the data directory takes stops without a password, and nothing else', async () => {
  const daemon = await started()
  const { id, session } = await daemon.operator.createWallet({
    name: 'shop',
    chain: 'ethereum',
    environment: 'testnet',
  })
  const through = (method: Method, path: string, body?: object) => throughSocket(daemon.dataDir, method, path, body)
  const anyId = (path: string) => path.replaceAll(/\{\w+\}/g, id)
  const others = Object.values(operations).filter((op) => !isStop(op))
  expect(others.length).toBe(Object.keys(operations).length - 4)
  for (const { method, path } of [
    ...others,
    { method: 'GET', path: '/doc' },
    { method: 'POST', path: '/mcp' },
  ] as const)
    expect([path, (await through(method, anyId(path), {})).status]).toEqual([path, 404])

  expect(await through('POST', '/v1/wallets/shop/suspend', { reason: 'odd' })).toMatchObject({
    status: 200,
    body: { id, status: 'SUSPENDED' },
  })
  expect((await through('DELETE', `/v1/sessions/${session?.id}`)).body).toMatchObject({ status: 'REVOKED' })
  expect((await through(...activate)).body).toMatchObject({ state: 'SUSPENDED' })
  expect((await through(...activate)).body).toMatchObject({ code: 'KILL_SWITCH_ACTIVE' })
  expect(await stateOf(daemon)).toBe('SUSPENDED')
  expect((await daemon.operator.getWallet({ id })).status).toBe('SUSPENDED')
  for (const event of ['WALLET_SUSPENDED', 'SESSION_REVOKED', 'KILL_SWITCH_ACTIVATED'])
    expect(await evidenceOf(daemon, event)).toMatchObject([{ actor: 'operator', ipAddress: 'local' }])
})

test('a daemon that was killed leaves a socket that the next one replaces, and one that ends leaves none', async () => {
  const daemon = await started({ process: true })
  await daemon.kill()
  expect(existsSync(join(daemon.dataDir, STOP_SOCKET))).toBe(true)
  await daemon.restart()
  expect((await throughSocket(daemon.dataDir, ...activate)).status).toBe(200)
  await daemon.terminate()
  expect(existsSync(join(daemon.dataDir, STOP_SOCKET))).toBe(false)
  await daemon.restart()
  expect(await stateOf(daemon)).toBe('SUSPENDED')
})

test('a stop is taken while the daemon waits for running work before it ends', async () => {
  const daemon = await started()
  const { port } = new URL(daemon.url)
  // A request that is never sent whole is running work, and is waited for.
  const slow = connect(Number(port), '127.0.0.1').on('error', () => {})
  slow.write(
    `PUT /v1/admin/settings HTTP/1.1\r\nHost: localhost\r\nX-Master-Password: ${MASTER_PASSWORD}\r\nContent-Length: 9\r\n\r\n{`,
  )
  const ending = daemon.operator.shutdown().then(() => daemon.terminate())
  await expect
    .poll(() =>
      fetch(daemon.url).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed')
  expect((await throughSocket(daemon.dataDir, ...activate)).body).toMatchObject({ state: 'SUSPENDED' })
  slow.destroy()
  await ending
  await daemon.restart()
  expect(await stateOf(daemon)).toBe('SUSPENDED')
})

test('a stop token throws the switch, suspends, revokes, and does nothing else; of it only a hash is kept', async () => {
  const daemon = await started()
  const { operator } = daemon
  const { id, session } = await operator.createWallet({ name: 'shop', chain: 'ethereum', environment: 'testnet' })
  const stop = await operator.createStopToken({ name: 'pager' })
  expect(stop.token).toMatch(/^wai_stop_[\w-]{43}$/)
  await expect(operator.createStopToken({ name: 'pager' })).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
  expect((await operator.listStopTokens()).items).toEqual([{ id: stop.id, name: 'pager', createdAt: stop.createdAt }])
  const holder = new WAIaaSClient({ baseUrl: daemon.url, stopToken: stop.token })
  const others = [
    ['POST', operations.escalateKillSwitch.path],
    ['POST', operations.recoverKillSwitch.path],
    ['POST', `/v1/wallets/${id}/resume`],
    ['GET', operations.getKillSwitch.path],
    ['GET', operations.listStopTokens.path],
    ['POST', '/mcp'],
  ] as const
  for (const [method, path] of others)
    expect([path, (await daemon.call(method, path, { as: stop.token })).status]).toEqual([path, 401])

  expect(await holder.suspendWallet({ id: 'shop' })).toMatchObject({ id, status: 'SUSPENDED' })
  expect(await holder.revokeSession({ id: session!.id })).toMatchObject({ status: 'REVOKED' })
  expect(await holder.activateKillSwitch()).toMatchObject({ state: 'SUSPENDED' })
  const actor = `stop-token:${stop.id}`
  expect(await operator.getKillSwitch()).toMatchObject({ state: 'SUSPENDED', activatedBy: actor })
  for (const event of ['WALLET_SUSPENDED', 'SESSION_REVOKED', 'KILL_SWITCH_ACTIVATED'])
    expect(await evidenceOf(daemon, event)).toMatchObject([{ actor, ipAddress: '127.0.0.1' }])

  expect(await operator.revokeStopToken({ id: 'pager' })).toMatchObject({ id: stop.id, status: 'REVOKED' })
  await expect(operator.revokeStopToken({ id: 'pager' })).rejects.toMatchObject({ code: 'STOP_TOKEN_NOT_FOUND' })
  await operator.recoverKillSwitch()
  await expect(holder.activateKillSwitch()).rejects.toMatchObject({ code: 'INVALID_TOKEN' })
  expect(await stateOf(daemon)).toBe('ACTIVE')
  await daemon.terminate()
  const files = globSync('**/*', { cwd: daemon.dataDir, withFileTypes: true }).filter((file) => file.isFile())
  expect(files.length).toBeGreaterThan(2)
  for (const { name, parentPath } of files)
    expect(readFileSync(join(parentPath, name)).includes(stop.token), name).toBe(false)
  await daemon.restart()
})

/** A connection of its own, as a caller has it who comes new. */
async function anew(url: string, method: Method, path: string, headers: Record<string, string>): Promise<Answered> {
  const asked = request(`${url}${path}`, { method, agent: false, headers: { ...headers, 'content-length': '0' } }).end()
  const [answer] = await once(asked, 'response')
  return { status: answer.statusCode, text: Buffer.concat(await answer.toArray()).toString() }
}
type Answered = { status: number; text: string }

async function inTime<T>(withinMs: number, action: () => Promise<T>): Promise<T> {
  const begun = performance.now()
  const value = await action()
  expect(performance.now() - begun).toBeLessThan(withinMs)
  return value
}

test('with all connections and all rates used up, password and stop token get in within a second', async () => {
  const daemon = await started()
  const { operator, url } = daemon
  const wallet = (name: string) => operator.createWallet({ name, chain: 'ethereum', environment: 'testnet' })
  for (const name of ['one', 'two', 'three']) await wallet(name)
  const stop = await operator.createStopToken({ name: 'pager' })
  const small = {
    max_connections: '20',
    rate_limit_per_second: '1',
    rate_limit_burst: '5',
    rate_limit_public_burst: '1',
  }
  await operator.updateSettings({
    settings: Object.entries(small).map(([key, value]) => ({ key: `security.${key}`, value })),
  })
  const asOperator = { 'x-master-password': MASTER_PASSWORD }
  const rates = [...Array(10)].flatMap(() => [asOperator, {}]).map((as) => anew(url, 'GET', '/v1/wallets', as))
  const refused = (await Promise.all(rates)).filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(10)

  // Some say nothing, some dribble; the last of them are beyond what is kept for stops, too.
  const sockets = [...Array(1_000)].map((_, index) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
    if (index % 2 === 0) socket.write('POST /v1/admin/kill-switch HTTP/1.1\r\nHost: localhost\r\nX-A')
    return socket
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const crowded = await anew(url, 'GET', '/health', {})
  expect([crowded.status, crowded.text]).toEqual([429, expect.stringContaining('too many connections are open')])
  // So does a flood of stops with tokens that are none.
  const junk = [...Array(200)].map(() =>
    anew(url, ...activate, { authorization: 'Bearer wai_stop_junk' }).catch(() => undefined),
  )
  const suspend = (name: string, as: Record<string, string>) => anew(url, 'POST', `/v1/wallets/${name}/suspend`, as)
  const byToken = { authorization: `Bearer ${stop.token}` }
  expect((await inTime(1_000, () => suspend('one', byToken))).status).toBe(200)
  expect((await inTime(1_000, () => suspend('two', asOperator))).status).toBe(200)
  const wrong = [...Array(30)].map((_, index) =>
    anew(url, ...activate, { 'x-master-password': `wrong ${index}` }).catch(() => undefined),
  )
  expect((await inTime(1_000, () => suspend('three', byToken))).status).toBe(200)
  expect((await inTime(1_000, () => anew(url, ...activate, asOperator))).text).toContain('"SUSPENDED"')
  for (const socket of sockets) socket.destroy()
  await Promise.all([...junk, ...wrong])
  await daemon.terminate()
  await daemon.restart()
  await expect.poll(() => stateOf(daemon).catch((error: Error) => error.message)).toBe('SUSPENDED')
})

test('with no room for a line of the log, the switch is thrown and stays thrown', async () => {
  const daemon = await started({ env: { WAIAAS_DAEMON_LOG_LEVEL: 'trace' } })
  await daemon.terminate()
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/daemon-process.ts')], {
    env: { ...daemon.env, WAIAAS_DATA_DIR: daemon.dataDir, WAIAAS_MASTER_PASSWORD: MASTER_PASSWORD },
    stdio: ['ignore', full, full],
  })
  const ended = once(child, 'exit')
  await until('it to have its socket', () => existsSync(join(daemon.dataDir, STOP_SOCKET)))
  expect((await inTime(1_000, () => throughSocket(daemon.dataDir, ...activate))).body.state).toBe('SUSPENDED')
  child.kill('SIGKILL')
  await ended
  closeSync(full)
  await daemon.restart()
  expect(await stateOf(daemon)).toBe('SUSPENDED')
})

test('of three replicas each stops all within two seconds, and after a restart, too', async () => {
  const env = { WAIAAS_DATABASE_URL: await preparedPostgresDatabase() }
  const replicas: TestDaemon[] = []
  for (let index = 0; index < 3; index++) replicas.push(await started({ env }))
  const [one, two, three] = replicas as [TestDaemon, TestDaemon, TestDaemon]
  expect((await inTime(2_000, () => throughSocket(two.dataDir, ...activate))).body.state).toBe('SUSPENDED')
  for (const replica of replicas) expect(await stateOf(replica)).toBe('SUSPENDED')
  await three.terminate()
  await three.restart()
  expect(await stateOf(three)).toBe('SUSPENDED')
  await one.operator.recoverKillSwitch()
  expect(await stateOf(two)).toBe('ACTIVE')
})
