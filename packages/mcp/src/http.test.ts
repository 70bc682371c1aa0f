import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Failure } from '@waiaas/contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MODERN } from '../test/client.ts'
import { type Daemon, startDaemon, tokenOf, walletId } from '../test/daemon.ts'

let daemon: Daemon
const clients: Client[] = []
beforeEach(async () => {
  daemon = await startDaemon()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await daemon.close(0)
})

const at = () => new URL('/mcp', daemon.url)
async function connect(token: string): Promise<Client> {
  const client = new Client({ name: 'a test', version: '0' }, MODERN)
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(new StreamableHTTPClientTransport(at(), { requestInit: { headers } }))
  clients.push(client)
  return client
}
const post = (headers: Record<string, string>, body: unknown = {}) =>
  fetch(at(), {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const to = `0x${'34'.repeat(20)}`

test('the daemon serves the same tools at /mcp as the program does on stdio', async () => {
  const client = await connect(daemon.issue())
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('send_token')
  const sent = await client.callTool({ name: 'send_token', arguments: { to, humanAmount: '0.1', wallet_id: walletId } })
  expect(sent.structuredContent).toMatchObject({ status: 'PENDING', humanAmount: '0.1' })
  expect(daemon.sends[0]?.input).toMatchObject({ walletId })
})

test('the address says which tools are shown, and a set that there is not is refused', async () => {
  const authorization = `Bearer ${daemon.issue()}`
  const list = (asked: string) =>
    fetch(new URL(`/mcp?toolsets=${asked}`, daemon.url), {
      method: 'POST',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', authorization },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
  expect(await (await list('trading,core')).text()).toContain('"call_contract"')
  expect(await (await list('')).text()).not.toContain('"call_contract"')
  const refused = await list('everything')
  expect(refused.status).toBe(400)
  expect(await refused.json()).toMatchObject({
    error: {
      message: 'toolsets: expected all, core or some of trading, messages, nft, admin-read, got "everything"',
    },
  })
})

test('a refusal reaches the agent over HTTP with its reasons', async () => {
  const reasons = [{ code: 'SPENDING_LIMIT_EXCEEDED' }]
  daemon.answers.push(new Failure('POLICY_DENIED', 'no policy allows this', { details: { reasons } }))
  const client = await connect(daemon.issue())
  const refused = await client.callTool({ name: 'send_token', arguments: { to, humanAmount: '0.1' } })
  expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'POLICY_DENIED', details: { reasons } } })
})

test('sends over HTTP carry no key, so that the daemon knows the repeat of one whose answer was lost', async () => {
  const client = await connect(daemon.issue())
  await client.callTool({ name: 'send_token', arguments: { to, humanAmount: '0.1' } })
  expect(daemon.sends.map(({ key }) => key)).toEqual([undefined])
})

test('a key of the client is that of its one message, which may be the same as before', async () => {
  const call = (id: number) => ({
    ...{ jsonrpc: '2.0', id, method: 'tools/call' },
    params: { name: 'send_token', arguments: { to, humanAmount: '0.1' } },
  })
  const headers = { authorization: `Bearer ${daemon.issue()}`, 'idempotency-key': 'invoice-7' }
  expect((await post(headers, call(1))).status).toBe(200)
  expect((await post(headers, [call(1), call(2)])).status).toBe(400)
  expect(daemon.sends.map(({ key }) => key)).toEqual(['invoice-7'])
})

test('a key that the model gives its call is that of the send, over HTTP too', async () => {
  const client = await connect(daemon.issue())
  for (let at = 0; at < 2; at += 1)
    await client.callTool({ name: 'send_token', arguments: { to, humanAmount: '0.1', idempotencyKey: 'invoice-7' } })
  expect(daemon.sends.map(({ key }) => key)).toEqual(['invoice-7', 'invoice-7'])
})

test('a send that waits is sent without a key, and asked about then', async () => {
  const client = await connect(daemon.issue())
  const args = { to, humanAmount: '0.1', wait: 5 }
  // What it has come to cannot be told here, so that its first answer stands.
  expect((await client.callTool({ name: 'send_token', arguments: args })).structuredContent).toMatchObject({
    status: 'PENDING',
    humanAmount: '0.1',
  })
  expect(daemon.sends).toEqual([{ key: undefined, input: expect.not.objectContaining({ wait: 5 }) }])
})

test('without a good token nothing is served', async () => {
  for (const headers of [{}, { authorization: `Bearer ${tokenOf()}` }]) {
    const response = await post(headers, { jsonrpc: '2.0', id: 1, method: 'tools/list' })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  }
  await expect(connect(tokenOf())).rejects.toThrow()
})

test('a web page of a foreign origin, what is not JSON, and what is not POST, are refused', async () => {
  const authorization = `Bearer ${daemon.issue()}`
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
  expect((await post({ authorization, origin: 'https://evil.example' }, list)).status).toBe(403)
  expect((await post({ authorization, origin: 'http://localhost:3100' }, list)).status).toBe(200)
  expect((await post({ authorization, 'content-type': 'text/plain' }, list)).status).toBe(415)
  const get = await fetch(at(), { headers: { authorization, accept: 'text/event-stream' } })
  expect({ status: get.status, allow: get.headers.get('allow') }).toEqual({ status: 405, allow: 'POST, OPTIONS' })
})
