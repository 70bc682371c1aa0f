import { operations } from '@waiaas/contract'
import { WAIaaSClient } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'

let daemon: TestDaemon
let walletId: string
beforeAll(async () => {
  // Forwarded addresses are believed, so that a test can come from elsewhere.
  daemon = await startTestDaemon({
    process: true,
    env: { WAIAAS_SECURITY_TRUSTED_PROXIES: '["127.0.0.1"]', WAIAAS_DAEMON_LOG_LEVEL: 'trace' },
  })
  walletId = (await daemon.operator.createWallet({ name: 'shop', chain: 'ethereum', environment: 'testnet' })).id
})
afterAll(() => daemon?.stop())

const tokenOf = ({ pollToken }: { pollToken: string }) => ({ pollToken })
const start = (forwarded?: string) =>
  daemon.call<{ code: string; pollToken: string }>('POST', operations.startPairing.path, {
    body: { name: 'Claude' },
    ...(forwarded !== undefined && { headers: { 'x-forwarded-for': forwarded } }),
  })
const setRemote = (value: string) =>
  daemon.operator.updateSettings({ settings: [{ key: 'security.remote_pairing', value }] })

test('an agent that has nothing pairs in one call, and pays under its own session from then on', async () => {
  const agent = new WAIaaSClient({ baseUrl: daemon.url })
  const session = await agent.pair({
    name: 'an agent of the SDK',
    onCode: ({ code }) => daemon.operator.approvePairing({ code, walletIds: ['shop'], ttl: 600 }),
  })
  expect(session.walletId).toBe(walletId)
  expect(await agent.getAddress()).toMatchObject({ walletId })
  expect((await agent.renewSession().catch((error) => error)).code).toBe('RENEWAL_TOO_EARLY')
})

test('a daemon that is killed while all of it is pending goes on with it', async () => {
  const agent = new WAIaaSClient({ baseUrl: daemon.url })
  const waiting = await agent.startPairing({ name: 'waits' })
  const approved = await agent.startPairing({ name: 'is approved' })
  await daemon.operator.approvePairing({ code: approved.code, walletIds: [walletId] })
  const { session } = await agent.pollPairing(tokenOf(approved))
  await daemon.kill()
  await daemon.restart()
  const again = new WAIaaSClient({ baseUrl: daemon.url })
  expect((await again.pollPairing(tokenOf(waiting))).status).toBe('PENDING')
  expect((await again.pollPairing(tokenOf(approved))).session).toEqual(session)
  await daemon.operator.denyPairing({ code: waiting.code })
  await expect(again.pollPairing(tokenOf(waiting))).rejects.toMatchObject({ code: 'PAIRING_DENIED', status: 403 })
  expect(await new WAIaaSClient({ baseUrl: daemon.url, sessionToken: session!.token }).getAddress()).toMatchObject({
    walletId,
  })
  await expect(again.pollPairing(tokenOf(approved))).rejects.toMatchObject({ code: 'PAIRING_EXPIRED', status: 410 })
  // Nothing that opens anything is written down, however much is logged.
  for (const secret of [session!.token, approved.pollToken, approved.code, waiting.pollToken])
    expect(daemon.output()).not.toContain(secret)
  const { data } = await daemon.operator.listAuditLogs({ limit: 200 })
  for (const secret of ['wai_sess_', 'wai_pair_', approved.code, waiting.code])
    expect(JSON.stringify(data)).not.toContain(secret)
})

test('another machine pairs where a setting lets it, three at once, and this one is never kept out', async () => {
  expect((await start('192.0.2.7')).body).toMatchObject({ code: 'PAIRING_NOT_ALLOWED' })
  await setRemote('true')
  const many = await Promise.all(Array.from({ length: 6 }, () => start('192.0.2.7')))
  expect(many.map(({ status }) => status).sort()).toEqual([201, 201, 201, 429, 429, 429])
  expect(Number(many.find(({ status }) => status === 429)!.headers.get('retry-after'))).toBeGreaterThan(500)
  expect((await start()).status).toBe(201)
  expect(
    await daemon.operator.getPairing({ code: many.find(({ status }) => status === 201)!.body.code }),
  ).toMatchObject({ address: '192.0.2.7' })
  await setRemote('false')
  expect((await start('192.0.2.8')).body).toMatchObject({ code: 'PAIRING_NOT_ALLOWED' })
})

test('a session opens no pairing of others: codes are the operator’s alone', async () => {
  const agent = new WAIaaSClient({ baseUrl: daemon.url })
  const mine = await agent.pair({
    name: 'mine',
    onCode: ({ code }) => daemon.operator.approvePairing({ code, walletIds: [walletId] }),
  })
  for (const { method, path } of [operations.getPairing, operations.approvePairing, operations.denyPairing]) {
    const body = { code: 'BBBB-BBBB', walletIds: [walletId] }
    expect((await daemon.call(method, path, { as: mine.token, body })).status).toBe(401)
    expect((await daemon.call(method, path, { body })).status).toBe(401)
  }
})
