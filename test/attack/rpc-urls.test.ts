import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { asNode } from '../support/json-rpc.ts'
import { until } from '../support/until.ts'
import { evmBalance, evmWallet, newEvmAddress, type TestWallet } from '../support/wallets.ts'

let node: EvmNode
let daemon: TestDaemon
let wallet: TestWallet

beforeAll(async () => {
  node = await startEvm()
  daemon = await startTestDaemon({
    env: {
      WAIAAS_RPC_EVM_LOCAL_EVM: node.url,
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
      WAIAAS_RPC_PROXY_ENABLED: 'true',
      WAIAAS_SECURITY_RATE_LIMIT_PUBLIC_BURST: '1000000',
    },
  })
  wallet = await evmWallet(daemon, node)
})
afterAll(async () => {
  await daemon?.stop()
  await node?.stop()
})

/** Without any header but those that are given. */
async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }
  const response = await fetch(url, { ...request, body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }) })
  const text = await response.text()
  return { status: response.status, text, answer: JSON.parse(text) as { result?: unknown; error?: { code: number } } }
}
const made = (of: TestWallet, more: object = {}) =>
  daemon.agent(of.token).createRpcUrl({ network: 'local-evm', ...more })
const tokenIn = (url: string): string => url.split('/').at(-1)!
const chain = { method: 'eth_chainId' }

test('an address pays for its wallet without a header, as its session would, and says once what it is', async () => {
  const { url, note, id } = await made(wallet)
  expect(note).toBeNull()
  const to = newEvmAddress()
  const { answer } = await post(url, { method: 'eth_sendTransaction', params: [{ to, value: '0x7' }] })
  expect(answer.result).toMatch(/^0x/)
  await until('it to land', async () => (await evmBalance(node, to)) === 7n)
  const { items } = await daemon.operator.adminListTransactions({ wallet_id: wallet.id, limit: 1 })
  expect(items[0]).toMatchObject({ sessionId: wallet.sessionId })
  const listed = JSON.stringify(await daemon.agent(wallet.token).listRpcUrls())
  expect(listed).toContain(id)
  expect(listed).not.toContain(tokenIn(url))
  const refused = await post(url, { method: 'eth_sendTransaction', params: [{ to, data: '0xd0e30db0' }] })
  expect(refused.answer.error?.code).toBe(-32_003)
})

test('its token opens no other wallet, chain or operation, and nothing where somebody has passed it on', async () => {
  const other = await evmWallet(daemon, node)
  const { url } = await made(wallet)
  const token = tokenIn(url)
  expect((await post(url, chain)).status).toBe(200)
  for (const [status, tried, headers] of [
    [404, url.replace(wallet.id, other.id), {}],
    [400, url.replace('/31337/', '/1/'), {}],
    [401, `${url}x`, {}],
    [401, url.replace(token, 'wai_rpc_'), {}],
    [401, url.replace(token, wallet.token), {}],
    [404, `${url}/more`, {}],
    [403, url, { 'x-forwarded-for': '127.0.0.1' }],
    [403, url, { forwarded: 'for=127.0.0.1' }],
    [403, url, { via: '1.1 proxy' }],
    [403, url, { 'X-Forwarded-Server': 'edge' }],
    [403, url, { 'X-Forwarded': 'for=127.0.0.1' }],
    [403, url, { 'CF-Connecting-IP': '127.0.0.1' }],
    [403, url, { 'X-Real-IP': '127.0.0.1' }],
    [403, url, { 'X-Envoy-External-Address': '127.0.0.1' }],
    [401, url.replace(`/${token}`, ''), { authorization: `Bearer ${token}` }],
  ] as const) {
    const { status: got, text } = await post(tried, chain, headers)
    expect([got, tried]).toEqual([status, tried])
    expect(text).not.toContain(token)
  }
  for (const path of ['/v1/sessions', '/v1/transactions', '/v1/rpc-urls'])
    expect((await daemon.call('GET', path, { as: token })).status).toBe(401)
  for (const path of [`/v2/rpc-evm/${token}`, `/${token}`, `/v1/rpc-evm/${wallet.id}/31337/${token}`]) {
    const { text, status } = await daemon.call('GET', path)
    expect([status, text.includes(token)]).toEqual([404, false])
  }
})

test('it ends when it is revoked, and with its session, and nobody else ends it', async () => {
  const other = await evmWallet(daemon, node)
  const [first, second] = [await made(other), await made(other)]
  const foreign = daemon.agent(wallet.token).revokeRpcUrl({ id: first.id })
  await expect(foreign).rejects.toMatchObject({ code: 'RPC_URL_NOT_FOUND' })
  expect((await post(first.url, chain)).status).toBe(200)
  await daemon.agent(other.token).revokeRpcUrl({ id: first.id })
  expect((await post(first.url, chain)).status).toBe(401)
  expect((await post(second.url, chain)).status).toBe(200)
  await daemon.operator.suspendWallet({ id: other.id })
  const send = { method: 'eth_sendTransaction', params: [{ to: newEvmAddress(), value: '0x1' }] }
  expect((await post(second.url, send)).answer.error?.code).toBe(4_100)
  await daemon.operator.revokeSession({ id: other.sessionId })
  expect((await post(second.url, chain)).status).toBe(401)
})

test('the kill switch closes every address, and only the hash of a token is kept', async () => {
  const other = await evmWallet(daemon, node)
  const { url } = await made(other)
  await daemon.operator.activateKillSwitch()
  const { answer } = await post(url, chain)
  expect(answer.error?.code).toBe(4_100)
  expect(daemon.output()).not.toContain(tokenIn(url))
  expect((await asNode(daemon, other).ask('eth_chainId')).error?.code).toBe(4_100)
})
