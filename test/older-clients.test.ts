import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'

// What clients of 2.x look for beside the calls that everybody makes.

type Prompt = { prompt: string; sessionId: string; expiresAt: number }
const PROMPT = '/v1/admin/agent-prompt'
let daemon: TestDaemon
let shop: { id: string; session: { id: string; token: string } | null }
let other: { id: string }

beforeAll(async () => {
  daemon = await startTestDaemon()
  const common = { chain: 'ethereum', environment: 'testnet' } as const
  shop = await daemon.operator.createWallet({ name: 'shop', ...common })
  other = await daemon.operator.createWallet({ name: 'other', ...common })
})
afterAll(() => daemon?.stop())

const ask = (body: object, as: string = 'operator') => daemon.call<Prompt>('POST', PROMPT, { as, body })

test('a prompt for an agent has a token of a new session for the wallets that are named, and for no other', async () => {
  const { status, body } = await ask({ walletIds: ['shop'] })
  expect(status).toBe(201)
  expect(body).toMatchObject({ walletCount: 1, sessionsCreated: 1, sessionReused: false })
  const [token] = body.prompt.match(/wai_sess_[\w.-]+/) ?? []
  const info = await daemon.agent(token!).getConnectInfo()
  expect(info.session).toEqual({ id: body.sessionId, expiresAt: body.expiresAt, source: 'api' })
  expect(info.wallets.map(({ id }) => id)).toEqual([shop.id])
  expect(body.prompt).toContain(info.prompt)
  expect(body.prompt).not.toContain(other.id)
  const [, claims = ''] = token!.split('.')
  const { iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  expect(exp - iat).toBe(86_400)
})

test('each prompt has a session of its own, and says nothing of those before', async () => {
  const [first, second] = [await ask({ walletIds: ['shop'] }), await ask({ walletIds: ['shop'], ttl: 600 })]
  expect(second.body.sessionId).not.toBe(first.body.sessionId)
  expect(second.body.prompt.match(/wai_sess_/g)).toHaveLength(1)
  await daemon.operator.revokeSession({ id: first.body.sessionId })
  const [token] = second.body.prompt.match(/wai_sess_[\w.-]+/) ?? []
  expect((await daemon.agent(token!).getConnectInfo()).session.id).toBe(second.body.sessionId)
})

test.each([
  ['without wallets', {}],
  ['for none', { walletIds: [] }],
  ['for ever', { walletIds: ['shop'], ttl: 0 }],
])('a prompt %s is refused, and makes no session', async (_, body) => {
  const before = (await daemon.operator.listSessions()).total
  expect(await ask(body)).toMatchObject({ status: 400, body: { code: 'ACTION_VALIDATION_FAILED' } })
  expect((await daemon.operator.listSessions()).total).toBe(before)
})

test('a prompt for a wallet that is not there is refused, and nobody but the operator gets one', async () => {
  expect(await ask({ walletIds: ['shop', 'nothing'] })).toMatchObject({
    status: 404,
    body: { code: 'WALLET_NOT_FOUND' },
  })
  expect(await ask({ walletIds: ['shop'] }, shop.session!.token)).toMatchObject({ status: 401 })
})

test('a token that is issued anew takes the place of the one before', async () => {
  const { id, token } = await daemon.operator.createSession({ walletId: shop.id })
  const { status, body } = await daemon.call('POST', `/v1/admin/sessions/${id}/reissue`, { as: 'operator', body: {} })
  expect(status).toBe(200)
  expect(body).toMatchObject({ sessionId: id, tokenIssuedCount: 2, expiresAt: expect.any(Number) })
  expect(body.token).not.toBe(token)
  expect((await daemon.agent(String(body.token)).getConnectInfo()).session.id).toBe(id)
  const again = await daemon.call('POST', `/v1/admin/sessions/${id}/reissue`, { as: 'operator', body: {} })
  expect(again.body.tokenIssuedCount).toBe(3)
  expect((await daemon.call('GET', '/v1/connect-info', { as: token })).status).toBe(401)
})

test('there are no providers of actions, for an agent and for the operator', async () => {
  for (const as of ['operator', shop.session!.token])
    expect((await daemon.call('GET', '/v1/actions/providers', { as })).body).toEqual({ providers: [] })
  expect((await daemon.call('GET', '/v1/actions/providers')).status).toBe(401)
})

test('what is served beside the operations is there', async () => {
  expect((await daemon.call('GET', '/doc')).status).toBe(200)
  const { status } = await daemon.call('POST', `/v1/rpc-evm/${shop.id}/11155111`, {
    as: shop.session!.token,
    body: { jsonrpc: '2.0', id: 1, method: 'eth_chainId' },
  })
  expect(status).not.toBe(404)
})

test('connect-info says where the JSON-RPC proxy is while it is on', async () => {
  const agent = daemon.agent(shop.session!.token)
  expect(await agent.getConnectInfo()).toMatchObject({
    rpcProxy: null,
    capabilities: expect.not.arrayContaining(['rpc_proxy']),
  })
  await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.enabled', value: 'true' }] })
  onTestFinished(async () => {
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc_proxy.enabled', value: null }] })
  })
  expect(await agent.getConnectInfo()).toMatchObject({
    rpcProxy: { enabled: true, baseUrl: `${daemon.url}/v1/rpc-evm` },
    capabilities: expect.arrayContaining(['transfer', 'token_transfer', 'balance', 'assets', 'rpc_proxy']),
  })
})

test('daemon.pid names the process while it runs', async () => {
  const own = await startTestDaemon()
  onTestFinished(() => own.stop())
  const file = join(own.dataDir, 'daemon.pid')
  expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`)
  await own.terminate()
  expect(existsSync(file)).toBe(false)
})
