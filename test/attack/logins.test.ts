import { admitsLogin, type Operation, operations } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

let daemon: TestDaemon
beforeAll(async () => {
  // Each call that is refused counts against the address.
  daemon = await startTestDaemon({ env: { WAIAAS_SECURITY_RATE_LIMIT_PUBLIC_BURST: '100000' } })
})
afterAll(() => daemon?.stop())

const table = Object.entries(operations) as [string, Operation][]
const NOBODY = '01990000-0000-7000-8000-000000000000'
const pathOf = ({ path }: Operation) => path.replaceAll(/\{\w+\}/g, NOBODY)
const statusOf = async ({ token }: { token: string }) =>
  (await daemon.call('GET', '/v1/admin/settings', { as: token })).status

test('a login looks and stops, and reaches nothing that lets more out, whatever is asked for', async () => {
  const { token } = await daemon.operator.createLogin()
  const closed = table.filter(([, op]) => op.access !== 'public' && !admitsLogin(op))
  expect(closed.map(([name]) => name)).toEqual(
    expect.arrayContaining(['exportWallet', 'createPolicy', 'recoverKillSwitch', 'createSession', 'createLogin']),
  )
  for (const [name, op] of closed) {
    const { status } = await daemon.call(op.method, pathOf(op), { as: token, ...(op.method !== 'GET' && { body: {} }) })
    expect([name, status]).toEqual([name, 401])
  }
  expect(await statusOf({ token })).toBe(200)
})

test('nothing that a login admits takes a password, can loosen, or moves money', () => {
  const admitted = table.filter(([, op]) => admitsLogin(op) && op.method !== 'GET')
  expect(admitted.map(([name]) => name).sort()).toEqual(
    [
      ...['activateKillSwitch', 'adminRejectTransaction', 'endLogin', 'revokeSession', 'suspendWallet'],
      ...['getPairing', 'denyPairing', 'verifyReceipt'],
      ...[
        'testPolicies',
        'replayPolicies',
        'diffPolicies',
        'draftExposure',
        'previewPolicies',
        'previewPolicyTemplate',
      ],
    ].sort(),
  )
  expect(admitted.filter(([, op]) => op.mayLoosen || op.idempotent)).toEqual([])
})

test('a login sees what other policies would change, and changes none', async () => {
  const { token } = await daemon.operator.createLogin()
  const wallet = await daemon.operator.createWallet({ name: 'seen', chain: 'ethereum' })
  const before = await daemon.operator.listPolicies({ walletId: wallet.id })
  const rules = { daily_limit_usd: 1_000 }
  const draft = { add: [{ type: 'SPENDING_LIMIT', walletId: wallet.id, rules }] }
  const entry = { type: 'SPENDING_LIMIT', wallet: 'seen', rules }
  const asked: [path: string, body: object, answered: object][] = [
    ['/v1/policies/diff', { walletId: wallet.id, draft }, { change: 'different' }],
    ['/v1/policies/replay', { draft }, { draft: { requests: 0 } }],
    [`/v1/wallets/${wallet.id}/exposure`, { draft }, { current: { walletId: wallet.id } }],
    ['/v1/policies/preview', { policies: [entry] }, { dryRun: true, version: null, changes: [{ change: 'CHANGED' }] }],
    ['/v1/policies/templates/stablecoins/preview', { walletId: wallet.id }, { dryRun: true, version: null }],
  ]
  for (const [path, body, answered] of asked) {
    const { status, body: answer } = await daemon.call('POST', path, { as: token, body })
    expect([path, status]).toEqual([path, 200])
    expect(answer).toMatchObject(answered)
  }
  const stored = { policies: [entry], dryRun: true }
  expect((await daemon.call('POST', '/v1/policies/apply', { as: token, body: stored })).status).toBe(401)
  expect(await daemon.operator.listPolicies({ walletId: wallet.id })).toEqual(before)
})

test('a login is no session, and no session or stop token is a login', async () => {
  const { token } = await daemon.operator.createLogin()
  expect((await daemon.call('POST', '/v1/transactions/send', { as: token, body: {} })).status).toBe(401)
  const { token: stop } = await daemon.operator.createStopToken({ name: 'pager' })
  expect(await statusOf({ token: stop })).toBe(401)
})

test('the stop of one wallet or session ends no login', async () => {
  const { token } = await daemon.operator.createLogin()
  const { id, session } = await daemon.operator.createWallet({ name: 'stopped', chain: 'ethereum' })
  for (const [method, path] of [
    ['DELETE', `/v1/sessions/${session!.id}`],
    ['POST', `/v1/wallets/${id}/suspend`],
  ] as const)
    expect((await daemon.call(method, path, { as: token, ...(method === 'POST' && { body: {} }) })).status).toBe(200)
  expect(await statusOf({ token })).toBe(200)
})

test('another password ends each login, and so does the kill switch, also once it is off again', async () => {
  const before = await daemon.operator.createLogin()
  const stopper = await daemon.operator.createLogin()
  expect((await daemon.call('POST', '/v1/admin/kill-switch', { as: stopper.token, body: {} })).status).toBe(200)
  for (const login of [before, stopper]) expect(await statusOf(login)).toBe(401)
  const within = await daemon.operator.createLogin()
  expect(await statusOf(within)).toBe(200)
  await daemon.operator.recoverKillSwitch()
  expect(await statusOf(before)).toBe(401)
  const last = await daemon.operator.createLogin()
  expect(await statusOf(last)).toBe(200)
  await daemon.operator.changeMasterPassword({ newPassword: 'another master password' })
  for (const login of [within, last]) expect(await statusOf(login)).toBe(401)
})
