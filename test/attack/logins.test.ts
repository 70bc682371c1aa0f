import { admitsLogin, admitsView, isStop, type Operation, operations } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from '../support/daemon.ts'

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

const LOOKING = 'a password for looking'
/** A login of somebody who may only look. */
async function viewer() {
  await daemon.operator.setViewPassword({ password: LOOKING })
  const { status, body } = await daemon.call<{ id: string; token: string }>('POST', '/v1/admin/view-logins', {
    body: { password: LOOKING },
  })
  expect(status).toBe(201)
  return body
}

test('who logged in to look reads what a login reads, and is refused whatever else there is', async () => {
  const { token } = await viewer()
  const all = table.filter(([, op]) => op.access !== 'public')
  const looks = all.filter(([, op]) => op.method === 'GET' && admitsLogin(op)).map(([name]) => name)
  expect(looks).toEqual(expect.arrayContaining(['listEvents', 'getSettings', 'listAuditLogs', 'getWalletSpending']))
  for (const [name, op] of all) {
    if (name === 'endLogin') continue
    const wanted = { as: token, ...(op.method !== 'GET' && { body: {} }) }
    const { status, body } = await daemon.call<{ code?: string }>(op.method, pathOf(op), wanted)
    const isRefused = status === 403 && body.code === 'VIEW_ONLY'
    expect([name, isRefused], JSON.stringify(body)).toEqual([name, !admitsView(op)])
    if (admitsView(op)) expect([name, [401, 403].includes(status)]).toEqual([name, false])
  }
})

test('what somebody who only looks may call beside reads stores nothing and stops nothing', () => {
  const admitted = table.filter(([, op]) => admitsView(op) && op.method !== 'GET')
  expect(admitted.map(([name]) => name).sort()).toEqual(
    [
      ...['endLogin', 'getPairing', 'verifyReceipt', 'testPolicies', 'replayPolicies', 'diffPolicies'],
      ...['draftExposure', 'previewPolicies', 'previewPolicyTemplate'],
    ].sort(),
  )
  expect(table.filter(([, op]) => admitsView(op) && (isStop(op) || op.mayLoosen || op.idempotent))).toEqual([])
})

test('who only looks follows what happens, and ends no login but their own', async () => {
  const { id, token } = await viewer()
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const stream = await fetch(`${daemon.url}/v1/events`, { headers })
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  await stream.body?.cancel()
  const full = await daemon.operator.createLogin()
  const end = (login: string) => daemon.call<{ code?: string }>('DELETE', `/v1/admin/logins/${login}`, { as: token })
  expect((await end(full.id)).body.code).toBe('VIEW_ONLY')
  expect(await statusOf(full)).toBe(200)
  expect((await end(id)).status).toBe(200)
  expect(await statusOf({ token })).toBe(401)
})

test('a password for looking is no master password, nor the other way round, and removing it ends what it opened', async () => {
  const { token } = await viewer()
  const { status } = await daemon.call('GET', '/v1/admin/settings', { headers: { 'x-master-password': LOOKING } })
  expect(status).toBe(401)
  const guess = (password: string) =>
    daemon.call<{ code?: string }>('POST', '/v1/admin/view-logins', { body: { password } })
  expect((await guess('a wrong password')).body.code).toBe('INVALID_VIEW_PASSWORD')
  const [failed] = (await daemon.operator.listAuditLogs({ event_type: 'VIEW_AUTH_FAILED', limit: 1 })).data
  expect(failed).toMatchObject({ actor: 'system', details: { attempts: 1 } })
  await daemon.operator.removeViewPassword()
  expect(await statusOf({ token })).toBe(401)
  expect((await guess(LOOKING)).status).toBe(401)
})

test('wrong guesses at the one password slow down nobody who has the other', async () => {
  await viewer()
  const guess = (password: string) => daemon.call('POST', '/v1/admin/view-logins', { body: { password } })
  const statuses = await Promise.all(Array.from({ length: 30 }, (_, n) => guess(`wrong guess ${n}`)))
  // Of those that come at once most are told to come again.
  expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([401, 429]))
  const read = () => daemon.call('GET', '/v1/admin/settings', { headers: { 'x-master-password': MASTER_PASSWORD } })
  expect((await read()).status).toBe(200)
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
