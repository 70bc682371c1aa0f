import { newId } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const BURST = 12
let daemon: TestDaemon
let walletId: string
let token: string
beforeAll(async () => {
  daemon = await startTestDaemon()
  const made = await daemon.operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
  walletId = made.id
  token = made.session!.token
})
afterAll(() => daemon?.stop())

const SEND = '/v1/transactions/send'
type Refused = { code?: string; message?: string; details?: { limit?: number; received?: number; issues?: unknown[] } }

/** A session that may call twelve times at once, and then once a second. */
async function slowSession(): Promise<string> {
  await daemon.operator.updateSettings({
    settings: [
      { key: 'security.rate_limit_per_second', value: '1' },
      { key: 'security.rate_limit_burst', value: String(BURST) },
    ],
  })
  return (await daemon.operator.createSession({ walletId })).token
}

test('an agent sends 16 KiB at most, 160 where code may come, whatever its characters, and is told the limit and what came', async () => {
  const REPLACE = `/v1/transactions/${newId()}/replace`
  const bodies: [path: string, limit: number, body: string][] = [
    [REPLACE, 16_384, JSON.stringify({ memo: 'x'.repeat(16_400) })],
    [REPLACE, 16_384, JSON.stringify({ memo: '€'.repeat(6_000) })],
    [SEND, 163_840, JSON.stringify({ memo: '€'.repeat(60_000) })],
  ]
  for (const [path, limit, body] of bodies) {
    const answer = await daemon.call<Refused>('POST', path, { as: token, body })
    const received = Buffer.byteLength(body)
    expect(answer).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE', details: { limit, received } } })
    expect(answer.body.message).toContain(`${limit} bytes at most, this one has ${received}`)
    const chunked = await fetch(`${daemon.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(413)
  }
})

test('a body counts as a call for each 16 KiB of it', async () => {
  const as = await slowSession()
  // Also of one that nobody can read.
  expect(await daemon.call('POST', SEND, { as, body: '{'.repeat(150_000) })).toMatchObject({ status: 400 })
  expect(await daemon.call('GET', '/v1/transactions?limit=10', { as })).toMatchObject({ status: 200 })
  expect(await daemon.call('POST', SEND, { as, body: '{'.repeat(40_000) })).toMatchObject({ status: 429 })
})

test('the operator has a larger limit', async () => {
  const body = { settings: [{ key: 'nothing', value: 'x'.repeat(100_000) }] }
  expect((await daemon.call<Refused>('PUT', '/v1/admin/settings', { as: 'operator', body })).status).toBe(400)
  const larger = { settings: [{ key: 'nothing', value: 'x'.repeat(1_100_000) }] }
  const refused = await daemon.call<Refused>('PUT', '/v1/admin/settings', { as: 'operator', body: larger })
  expect(refused).toMatchObject({ status: 413, body: { details: { limit: 1_048_576 } } })
})

test('what is nested deeply or has many fields is refused, and told in part', async () => {
  const deep = `{"to":${'['.repeat(8_000)}${']'.repeat(8_000)}}`
  const many = `{${Array.from({ length: 1_500 }, (_, at) => `"f${at}":1`).join()}}`
  for (const body of [deep, many]) {
    const answer = await daemon.call<Refused>('POST', SEND, { as: token, body })
    expect(answer).toMatchObject({ status: 400, body: { code: 'ACTION_VALIDATION_FAILED' } })
    expect(answer.text.length).toBeLessThan(4_000)
  }
})

test('a page of a list counts as a call for each ten of its rows', async () => {
  const as = await slowSession()
  const read = (limit: number) => daemon.call<Refused>('GET', `/v1/transactions?limit=${limit}`, { as })
  expect((await read(100)).status).toBe(200)
  const refused = await read(100)
  expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } })
  expect(refused.body.message).toContain('this one counts as ')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(5)
})

/** A message of the protocol, or several at once. */
const mcp = (as: string, body: unknown) =>
  daemon.call<{ error?: { message: string } }>('POST', '/mcp', {
    as,
    body,
    headers: { accept: 'application/json, text/event-stream' },
  })
const ping = (id: number) => ({ jsonrpc: '2.0', id, method: 'ping' })
const pings = (count: number) => Array.from({ length: count }, (_, at) => ping(at))

test('the messages of an MCP batch count one by one', async () => {
  const as = await slowSession()
  expect((await mcp(as, pings(10))).status).toBe(200)
  const refused = await mcp(as, pings(10))
  expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } })
  expect(refused.headers.get('retry-after')).toBeTruthy()
})

test('an MCP batch has 20 messages and 64 KiB at most', async () => {
  const as = token
  const many = await mcp(as, pings(21))
  expect(many).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining('20 messages') } } })
  const large = await mcp(as, { ...ping(1), params: { note: 'x'.repeat(70_000) } })
  expect(large).toMatchObject({ status: 413, body: { error: { message: expect.stringContaining('65536 bytes') } } })
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'replace_transaction', arguments: { id: newId(), maxFee: 'x'.repeat(17_000) } },
  }
  const tool = await mcp(as, call)
  expect(tool.text).toContain('PAYLOAD_TOO_LARGE')
  expect((await mcp(as, { nonsense: newId() })).status).toBe(400)
})
