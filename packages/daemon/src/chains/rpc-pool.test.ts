import { Failure } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { type Answer, each, startEndpoint } from '../../test/evm-bed.ts'
import { insideTransaction } from '../platform/db/guard.ts'
import { rpcPool } from './rpc-pool.ts'

const answering = (result: unknown) => each(() => ({ result }))
const erring = (code: number, message: string, data?: unknown) => each(() => ({ error: { code, message, data } }))
const status =
  (code: number, text = 'no'): Answer =>
  (_body, response) => {
    response.writeHead(code).end(text)
  }

/** A pool over endpoints that answer so, with a clock moved by hand. */
async function pool(...answers: Answer[]) {
  const endpoints = await Promise.all(answers.map(startEndpoint))
  const time = { now: 1_000 }
  const rpc = rpcPool({
    urls: endpoints.map(({ url }) => url),
    name: 'test-net',
    timeoutMs: 300,
    clock: () => time.now,
  })
  return { rpc, endpoints, time }
}

test.each<[string, Answer]>([
  ['hangs', () => new Promise(() => undefined)],
  ['answers 503', status(503)],
  ['answers 401', status(401)],
  ['answers HTML', status(200, '<html>')],
  ['answers JSON that is no JSON-RPC', () => ({ hello: 1 })],
  ['leaves the socket', (_body, response) => void response.destroy()],
  ['redirects', (_body, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ['is behind', erring(-32000, 'Node is behind by 42 slots')],
  ['wants a key', erring(-32000, 'Unauthorized: You must authenticate your request with an API key')],
  ['answers nothing', status(200, '')],
  ['breaks off', status(200, '{"jsonrpc":"2.0","id":1,"resul')],
  ['answers 204', status(204)],
])('an endpoint that %s is passed over within the same call', async (_what, answer) => {
  const { rpc, endpoints } = await pool(answer, answering('0x7'))
  expect(await rpc.call('eth_x', [])).toBe('0x7')
  expect(rpc.status()).toMatchObject([
    { url: endpoints[0]!.url, status: 'cooldown', failureCount: 1, cooldownRemainingMs: 60_000 },
    { url: endpoints[1]!.url, status: 'available', failureCount: 0 },
  ])
})

test.each<[string, Answer]>([
  ['in words', erring(-32000, 'Too Many Requests')],
  ['with a code', erring(-32005, 'limit exceeded')],
  ['with HTTP 429', status(429)],
])('an endpoint that limits its rate %s is passed over for a second, without a failure', async (_how, answer) => {
  const { rpc, endpoints, time } = await pool(answer, answering('0x7'))
  expect(await rpc.call('eth_x', [])).toBe('0x7')
  expect(await rpc.call('eth_x', [])).toBe('0x7')
  expect(endpoints[0]!.seen.length).toBe(1)
  expect(rpc.status()[0]).toMatchObject({ failureCount: 0, cooldownRemainingMs: 1_000, callsPerSecond: 3.5 })
  expect(rpc.status()[0]!.lastError).toContain(`${endpoints[0]!.url} limits its rate`)
  time.now += 1_000
  await rpc.call('eth_x', [])
  expect(endpoints[0]!.seen.length).toBe(2)
})

test('an endpoint that dies between two calls is passed over', async () => {
  const { rpc, endpoints } = await pool(answering('first'), answering('second'))
  expect(await rpc.call('eth_x', [])).toBe('first')
  await endpoints[0]!.stop()
  expect(await rpc.call('eth_x', [])).toBe('second')
})

test("a node's own error is the answer, and no other node is asked", async () => {
  const { rpc, endpoints } = await pool(
    erring(3, 'execution reverted: rate limit exceeded', '0x08c379a0'),
    answering(1),
  )
  await expect(rpc.call('eth_call', [])).rejects.toMatchObject({ code: 3, data: '0x08c379a0' })
  expect(endpoints[1]!.seen).toEqual([])
  expect(rpc.status()[0]).toMatchObject({ status: 'available' })
})

test('a method that one node has not got is asked of the next, without holding it against the first', async () => {
  const { rpc } = await pool(erring(-32601, 'the method does not exist'), answering('0x1'))
  expect(await rpc.call('eth_x', [])).toBe('0x1')
  expect(rpc.status()[0]).toMatchObject({ status: 'available', failureCount: 0 })
  const alone = await pool(erring(-32601, 'the method does not exist'))
  await expect(alone.rpc.call('eth_x', [])).rejects.toMatchObject({ code: -32601 })
})

test('cooldowns double up to five minutes, end by themselves and are forgotten after a success', async () => {
  let isDown = true
  const { rpc, time } = await pool(
    each(() => (isDown ? { error: { code: -32016, message: 'x' } } : { result: 'first' })),
    answering('second'),
  )
  for (const cooldown of [60_000, 120_000, 240_000, 300_000, 300_000]) {
    expect(await rpc.call('eth_x', [])).toBe('second')
    expect(rpc.status()[0]).toMatchObject({ status: 'cooldown', cooldownRemainingMs: cooldown })
    time.now += cooldown
    expect(rpc.status()[0]).toMatchObject({ status: 'available', cooldownRemainingMs: 0 })
  }
  isDown = false
  expect(await rpc.call('eth_x', [])).toBe('first')
  expect(rpc.status()[0]).toMatchObject({ failureCount: 0 })
})

test('when all are cooling the one that failed longest ago is still tried', async () => {
  let isDown = true
  const flaky = (name: string) => each(() => (isDown ? { error: { code: -32016, message: 'x' } } : { result: name }))
  const { rpc, time } = await pool(flaky('first'), flaky('second'))
  await expect(rpc.call('eth_x', [])).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  time.now += 1
  isDown = false
  expect(await rpc.call('eth_x', [])).toBe('first')
})

test('when none answers the failure names each endpoint and what it did', async () => {
  const { rpc, endpoints } = await pool(status(500), erring(-32005, 'slow down'))
  const error = await rpc.call('eth_x', []).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(Failure)
  expect(error).toMatchObject({ code: 'CHAIN_ERROR' })
  expect(String(error)).toContain(`${endpoints[0]!.url} answered HTTP 500`)
  expect(String(error)).toContain(`${endpoints[1]!.url} limits its rate: slow down`)
  await expect(rpcPool({ urls: [], name: 'test-net' }).call('eth_x', [])).rejects.toThrow(
    /no RPC endpoint is configured/,
  )
})

test('only what no endpoint can have heard is told as not sent', async () => {
  const refused = async (...answers: Answer[]) => {
    const made = await pool(...answers)
    await made.endpoints[0]!.stop()
    return made.rpc
  }
  const calls = [
    { method: 'eth_x', params: [] },
    { method: 'eth_y', params: [] },
  ]
  const nothing = { answers: [undefined, undefined] }
  expect(await (await refused(answering(1))).deliver(calls)).toMatchObject({ ...nothing, isHeard: false })
  const beside = await refused(answering(1), (_body, response) => void response.destroy())
  expect(await beside.deliver(calls)).toMatchObject({ ...nothing, isHeard: true })
})

test('a message whose first part was heard was heard, though the rest is refused; what was answered counts', async () => {
  const gone: { stop?: () => Promise<void> } = {}
  const { rpc, endpoints } = await pool((body, response) => {
    if (Array.isArray(body)) return { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no batches' } }
    response.setHeader('connection', 'close').end('{"jsonrpc":"2.0","id":1,"result":1}')
    void gone.stop?.()
    return undefined
  })
  gone.stop = endpoints[0]!.stop
  const calls = ['sendA', 'sendB', 'sendC'].map((method) => ({ method, params: [] }))
  expect(await rpc.deliver(calls)).toMatchObject({ answers: [{ result: 1 }, undefined, undefined], isHeard: true })
  expect(await rpc.deliver(calls)).toMatchObject({ answers: [undefined, undefined, undefined], isHeard: false })
})

test('keys in paths, queries and credentials of endpoints appear nowhere', async () => {
  const secrets = ['path-secret', 'query-secret', 'pass-secret']
  const seen: unknown[] = []
  const { url } = await startEndpoint((_body, response, raw) => {
    seen.push(response.req.url, response.req.headers.authorization, raw)
    return { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'bad key path-secret', data: 'query-secret' } }
  })
  const host = url.slice('http://'.length)
  const urls = [
    `http://user:pass-secret@${host}/v2/path-secret?apikey=query-secret`,
    'http://127.0.0.1:1/path-secret',
    'not a url with path-secret'.replace('not a url', 'http://127.0.0.1:1'),
  ]
  const texts: string[] = []
  for (const endpoint of urls) {
    const collect = (error: unknown) => texts.push(String(error), JSON.stringify(error), String((error as Error).stack))
    try {
      const rpc = rpcPool({ urls: [endpoint], name: 'test-net' })
      texts.push(JSON.stringify(rpc.status()))
      await rpc.call('eth_x', []).catch(collect)
    } catch (error) {
      collect(error)
    }
  }
  for (const secret of secrets) expect(texts.join('\n')).not.toContain(secret)
  expect(texts.join('\n')).toContain(url)
  expect(seen[0]).toBe('/v2/path-secret?apikey=query-secret')
  expect(seen[1]).toBe(`Basic ${Buffer.from('user:pass-secret').toString('base64')}`)
})

test('a batch is one request, answered in the order asked whatever the order of the answers', async () => {
  const { rpc, endpoints } = await pool((body) =>
    [body]
      .flat()
      .toReversed()
      .map(({ id, method }) => ({
        jsonrpc: '2.0',
        id,
        ...(method === 'bad' ? { error: { code: 3, message: 'no' } } : { result: method }),
      })),
  )
  const answers = await rpc.batch(['a', 'bad', 'c'].map((method) => ({ method, params: [] })))
  expect(answers).toMatchObject([{ result: 'a' }, { error: { code: 3 } }, { result: 'c' }])
  expect(endpoints[0]!.seen.length).toBe(1)
  expect(await rpc.batch([])).toEqual([])
})

test('an endpoint is asked who it is before its first use and after an outage, and not used when it is another', async () => {
  const chain = (id: string) => each(({ method }) => ({ result: method === 'who' ? id : `from ${id}` }))
  const [wrong, right] = [await startEndpoint(chain('B')), await startEndpoint(chain('A'))]
  const time = { now: 0 }
  const rpc = rpcPool({
    urls: [wrong.url, right.url],
    name: 'test-net',
    clock: () => time.now,
    async verify(call) {
      const seen = await call<string>('who', [])
      if (seen !== 'A') throw new Failure('CHAIN_ERROR', `expected A, it serves ${seen}`)
    },
  })
  expect(await rpc.call('x', [])).toBe('from A')
  expect(await rpc.call('x', [])).toBe('from A')
  expect(wrong.seen.flat().map(({ method }) => method)).toEqual(['who'])
  expect(right.seen.flat().map(({ method }) => method)).toEqual(['who', 'x', 'x'])
  await right.stop()
  await expect(rpc.call('x', [])).rejects.toThrow(/is not used for test-net: expected A, it serves B/)
})

test('evidence comes from as many endpoints as are asked for, or not at all', async () => {
  const { rpc, endpoints } = await pool(answering('a'), answering('b'), answering('c'))
  expect(await rpc.witnesses(2, 'x', [])).toEqual(['a', 'b'])
  await endpoints[0]!.stop()
  expect(await rpc.witnesses(2, 'x', [])).toEqual(['b', 'c'])
  await endpoints[1]!.stop()
  await expect(rpc.witnesses(2, 'x', [])).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  const alone = await pool(answering('a'))
  expect(await alone.rpc.witnesses(2, 'x', [])).toEqual(['a'])
})

test('no call is made inside a database transaction', async () => {
  const { rpc, endpoints } = await pool(answering(1))
  await expect(insideTransaction(() => rpc.call('eth_x', []))).rejects.toThrow(/inside a database transaction/)
  expect(endpoints[0]!.seen).toEqual([])
})

test('a closed pool asks nobody', async () => {
  const { rpc } = await pool(answering(1))
  rpc.close()
  await expect(rpc.call('eth_x', [])).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

/** Fails so often, and then answers. */
const flaky = (failures: number, result: unknown): Answer => {
  let failed = 0
  return (body, response, raw) =>
    failed++ < failures ? void response.writeHead(503).end() : answering(result)(body, response, raw)
}

test('an endpoint that failed is asked again a few times where no other one answers', async () => {
  const alone = await pool(flaky(7, '0x7'))
  expect(await alone.rpc.call('eth_x', [])).toBe('0x7')
  expect(alone.endpoints[0]!.seen).toHaveLength(8)
  const two = await pool(flaky(1_000, '0x7'), answering('0x8'))
  expect(await two.rpc.call('eth_x', [])).toBe('0x8')
  expect(two.endpoints.map(({ seen }) => seen.length)).toEqual([1, 1])
  const evidence = await pool(flaky(2, 'a'), flaky(1, 'b'))
  expect(await evidence.rpc.witnesses(2, 'eth_x', [])).toEqual(['a', 'b'])
})

test('an endpoint that is down is asked once for each call, until it answers again', async () => {
  const { rpc, endpoints } = await pool(flaky(10, '0x7'))
  const asked = async () => {
    const before = endpoints[0]!.seen.length
    await expect(rpc.call('eth_x', [])).rejects.toThrow('503')
    return endpoints[0]!.seen.length - before
  }
  expect([await asked(), await asked(), await asked()]).toEqual([8, 1, 1])
  expect(await rpc.call('eth_x', [])).toBe('0x7')
})
