import { existsSync, globSync, readFileSync } from 'node:fs'
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
import { throughSocket } from '../support/stop-socket.ts'

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
  expect(others.length).toBe(Object.keys(operations).length - 3)
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
  const slow = connect(Number(port), '127.0.0.1')
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
