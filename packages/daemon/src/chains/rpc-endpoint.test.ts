import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Answer, each, type Request, startEndpoint } from '../../test/evm-bed.ts'
import { isUnsupported } from './refusals.ts'
import { RpcError } from './rpc.ts'
import { rpcEndpoint } from './rpc-endpoint.ts'
import { rpcPool } from './rpc-pool.ts'

const calls = (...methods: string[]) => methods.map((method) => ({ method, params: [] }))
const many = (count: number, method = 'get') =>
  Array.from({ length: count }, (_, index) => ({ method, params: [index] }))
const one = ({ id, method, params }: Request) => ({ jsonrpc: '2.0', id, result: params[0] ?? method })
/** Sizes of the requests that an endpoint saw. */
const sizes = ({ seen }: { seen: Request[][] }) => seen.map(({ length }) => length)

async function endpoint(answer: Answer) {
  const server = await startEndpoint(answer)
  const time = { now: 0 }
  return { server, time, endpoint: rpcEndpoint(server.url, 1_000, () => time.now) }
}

/** Answers singles, and batches as told. */
const toBatches =
  (answer: Answer): Answer =>
  (body, response, raw) =>
    Array.isArray(body) ? answer(body, response, raw) : one(body)
const status =
  (code: number, body?: unknown): Answer =>
  (_body, response) =>
    void response.writeHead(code).end(typeof body === 'object' ? JSON.stringify(body) : body)
const words = (message: string, code = -32000) => ({ jsonrpc: '2.0', id: null, error: { code, message } })
const results = (count: number) =>
  Array.from({ length: count }, (_, result) => ({ kind: 'settled', value: { result } }))

const unwelcome = 'Batch requests are only available for paid plans'
test.each<[string, Answer]>([
  ...[400, 403, 404, 405, 413, 415, 422, 429, 500, 501, 503].map((code): [string, Answer] => [
    `HTTP ${code}`,
    status(code),
  ]),
  ['HTTP 401 with words', status(401, words(unwelcome))],
  ['HTTP 403 with words', status(403, words(unwelcome))],
  ['HTTP 429 with words', status(429, words(unwelcome))],
  ['HTTP 500 with words', status(500, words(unwelcome))],
  ['HTTP 403 and HTML', status(403, '<html>')],
  ['an error', () => words('batch requests are not allowed', -32600)],
  ['a parse error', () => words('Parse error', -32700)],
  ['an internal error', () => words('Internal error', -32603)],
  ['an error in an array', () => [words('batching is disabled')]],
  ['an error for the first call', (body) => [{ ...words('batch too large'), id: [body].flat()[0]?.id }]],
  ['errors for each call', each(() => ({ error: { code: 35, message: unwelcome } }))],
  ['an empty array', () => []],
  ['an empty body', status(200, '')],
  ['one result', () => ({ jsonrpc: '2.0', id: 0, result: 7 })],
  ['a broken connection', (_body, response) => void response.destroy()],
  ['a redirect', (_body, response) => void response.writeHead(308, { location: 'https://a.example' }).end()],
])('batches that are refused with %s are sent in pieces, and for later calls too', async (_how, refusal) => {
  const { endpoint: node, server } = await endpoint(toBatches(refusal))
  const outcome = await node.send(many(5))
  expect(outcome).toMatchObject({ answers: results(5), failure: undefined })
  expect(node.learnt().batchMost).toBe(1)
  server.seen.length = 0
  expect(await node.send(many(5))).toMatchObject({ answers: results(5), failure: undefined })
  expect(sizes(server)).toEqual([1, 1, 1, 1, 1])
})

test.each<[string, (most: number) => Answer, string]>([
  [
    'HTTP 500 and a number',
    (most) => status(500, words(`Batch of more than ${most} requests are not allowed`)),
    '11,3',
  ],
  ['an error with a number', (most) => () => words(`batch limit is ${most}`, -32600), '11,3'],
  ['HTTP 413', () => status(413), '11,5'],
  ['a broken connection', () => (_body, response) => void response.destroy(), '11,1,5'],
])(
  'an endpoint that takes at most three calls at once, and says so with %s, is given no more',
  async (_how, refusal, first) => {
    const {
      endpoint: node,
      server,
      time,
    } = await endpoint((body, response, raw) =>
      Array.isArray(body) ? (body.length > 3 ? refusal(3)(body, response, raw) : body.map(one)) : one(body),
    )
    expect(await node.send(many(11))).toMatchObject({ answers: results(11) })
    expect(sizes(server).join()).toMatch(new RegExp(`^${first}`))
    const { batchMost } = node.learnt()
    server.seen.length = 0
    expect(await node.send(many(11))).toMatchObject({ answers: results(11) })
    expect(Math.max(...sizes(server))).toBe(batchMost)
    // Now and then the larger form is tried, and what was known holds when it is refused again.
    time.now += 600_000
    server.seen.length = 0
    expect(await node.send(many(11))).toMatchObject({ answers: results(11) })
    expect(sizes(server)[0]).toBe(11)
    expect(node.learnt()).toMatchObject({ batchMost })
  },
)

test('an endpoint that takes batches again is given them again', async () => {
  let refuses = true
  const {
    endpoint: node,
    server,
    time,
  } = await endpoint((body) => (Array.isArray(body) ? (refuses ? words('no batches') : body.map(one)) : one(body)))
  await node.send(many(4))
  refuses = false
  time.now += 600_000
  server.seen.length = 0
  expect(await node.send(many(4))).toMatchObject({ answers: results(4) })
  expect(sizes(server)).toEqual([4])
  expect(node.learnt().batchMost).toBeNull()
})

test('an endpoint that refuses everything is not one that refuses batches', async () => {
  for (const code of [401, 403, 500, 503]) {
    const { endpoint: node, server } = await endpoint(status(code))
    const { answers, failure } = await node.send(many(9))
    expect(answers.filter((answer) => answer && answer.kind !== 'forbidden')).toEqual([])
    expect(failure !== undefined || answers[0]?.kind === 'forbidden').toBe(true)
    expect(node.learnt().batchMost).toBeNull()
    expect(sizes(server)).toEqual([9, 1])
  }
})

test('reads that go one by one go several at once, transactions one after the other and in order', async () => {
  let under = 0
  let most = 0
  let meet = () => {}
  // The first answer waits for as many reads as ever come together, however slow the machine is.
  const together = new Promise<void>((resolve) => {
    meet = resolve
  })
  const { endpoint: node, server } = await endpoint(async (body) => {
    if (Array.isArray(body)) return words('no batches')
    under += 1
    most = Math.max(most, under)
    if (under === 4) meet()
    await together
    await new Promise((resolve) => setTimeout(resolve, 5))
    under -= 1
    return one(body)
  })
  expect(await node.send(many(12))).toMatchObject({ answers: results(12) })
  expect(most).toBe(4)
  most = 0
  server.seen.length = 0
  expect(await node.send(many(6, 'eth_sendRawTransaction'))).toMatchObject({ answers: results(6) })
  expect(most).toBe(1)
  expect(server.seen.flat().map(({ params }) => params[0])).toEqual([0, 1, 2, 3, 4, 5])
})

test('answers with string ids, in another order, twice or left out are matched, and the rest is asked again', async () => {
  const { endpoint: node } = await endpoint((body) => {
    if (!Array.isArray(body)) return one(body)
    const answers = body.map(one).toReversed()
    return [...answers.slice(1).map((answer) => ({ ...answer, id: String(answer.id) })), { ...answers[1], result: 'x' }]
  })
  expect(await node.send(many(7))).toMatchObject({ answers: results(7), failure: undefined })
})

test('a call of a batch that is refused for its rate stays open, and the answers of the others count', async () => {
  let left = 3
  const {
    endpoint: node,
    time,
    server,
  } = await endpoint(
    each(({ params }) => (left-- > 0 ? { result: params[0] } : { error: { code: 429, message: 'too fast' } })),
  )
  const first = await node.send(many(5))
  expect(first.answers.slice(0, 3)).toMatchObject(results(3))
  expect(first.answers.slice(3)).toEqual([undefined, undefined])
  expect(first.failure).toMatchObject({ kind: 'limited', message: `${server.url} limits its rate: too fast` })
  expect(node.waitMs(2)).toBeGreaterThan(0)
  expect(await node.send(many(2))).toMatchObject({ answers: [undefined, undefined], isHeard: false })
  time.now += node.waitMs(1)
  left = 5
  expect(await node.send(many(1))).toMatchObject({ answers: results(1), failure: undefined })
})

test('the time that an endpoint asks for is kept', async () => {
  const { endpoint: node } = await endpoint(
    (_body, response) => void response.writeHead(429, { 'retry-after': '7' }).end(),
  )
  await node.send(many(1))
  expect(node.waitMs(1)).toBe(7_000)
})

test('after a refusal an endpoint is asked slowly, and faster again while it answers', async () => {
  let refuses = true
  const { endpoint: node, time } = await endpoint((body) => (refuses ? words('rate limit', 429) : one(body as Request)))
  await node.send(many(1))
  const slow = node.learnt().callsPerSecond!
  refuses = false
  for (let second = 0; second < 30; second++) {
    time.now += 1_000
    await node.send(many(1))
  }
  expect(node.learnt().callsPerSecond).toBeGreaterThan(10 * slow)
  time.now += 600_001
  await node.send(many(1))
  expect(node.learnt().callsPerSecond).toBeNull()
})

test('a method that is not offered is not asked for again for a while, longer each time, and then it is', async () => {
  let isOffered = false
  const {
    endpoint: node,
    time,
    server,
  } = await endpoint(
    each(({ method }) =>
      method === 'odd' && !isOffered ? { error: { code: -32000, message: 'unsupported method odd' } } : { result: 1 },
    ),
  )
  const ask = async () => (await node.send(calls('get', 'odd'))).answers[1]
  expect(await ask()).toMatchObject({ kind: 'elsewhere', error: { code: -32000 } })
  expect(node.learnt().missingMethods).toEqual(['odd'])
  expect(await ask()).toMatchObject({ kind: 'elsewhere' })
  expect(sizes(server)).toEqual([2, 1])
  for (const pauseMs of [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]) {
    time.now += pauseMs - 1
    await ask()
    expect(sizes(server).at(-1)).toBe(1)
    time.now += 1
    await ask()
    expect(sizes(server).at(-1)).toBe(2)
  }
  isOffered = true
  time.now += 600_000
  expect(await ask()).toMatchObject({ kind: 'settled' })
  expect(node.learnt().missingMethods).toEqual([])
})

test('a method of which one use is refused is still asked', async () => {
  const { endpoint: node, server } = await endpoint(
    each(({ params }) => (params[0] === 1 ? { error: { code: -32601, message: 'not available' } } : { result: 0 })),
  )
  for (let times = 0; times < 2; times++)
    expect(await node.send(many(2))).toMatchObject({ answers: [{ kind: 'settled' }, { kind: 'elsewhere' }] })
  expect(await node.send([{ method: 'get', params: [1] }])).toMatchObject({ answers: [{ kind: 'elsewhere' }] })
  expect(sizes(server)).toEqual([2, 2, 1])
  expect(node.learnt().missingMethods).toEqual([])
})

test('what a contract says in a revert teaches nothing', async () => {
  const { endpoint: node } = await endpoint(
    each(() => ({ error: { code: 3, message: 'execution reverted: method not found, batch too large, rate limit' } })),
  )
  for (const count of [1, 3]) {
    const { answers } = await node.send(many(count, 'eth_call'))
    expect(answers.every((answer) => answer?.kind === 'settled')).toBe(true)
  }
  expect(node.learnt()).toEqual({ batchMost: null, missingMethods: [], callsPerSecond: null })
})

test.each([
  ['an HTML page', status(200, '<!doctype html><title>hi</title>')],
  ['an empty body', status(200, ' \n')],
  ['JSON that breaks off', status(200, '{"jsonrpc":"2.0","id":1,"result":{"a":')],
  ['something that is not JSON-RPC', status(200, '{"hello":1}')],
  ['something that is not JSON-RPC', status(200, '[]')],
  ['something that is not JSON', status(200, gzipSync('{}').toString('latin1'))],
  [
    'what cannot be decompressed',
    (_body, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all'),
  ],
  ['something that is not JSON', status(200, `${'['.repeat(20_000)}9100000000000001`)],
] as [string, Answer][])('an answer that is %s is named', async (what, answer) => {
  const { endpoint: node, server } = await endpoint(answer)
  const { failure } = await node.send(many(1))
  if (what === 'something that is not JSON') expect(failure?.message).toMatch(/answered (something|JSON)/)
  else expect(failure?.message).toBe(`${server.url} answered ${what}`)
})

test.each([
  [
    'https://other.example:8443/v3/secret?key=secret',
    'redirects to https://other.example:8443: set that address instead',
  ],
  ['/secret/', 'redirects to another path: set the address that it names'],
  ['https://u:secret@other.example', 'redirects to https://other.example: set that address instead'],
])('a redirect to %s is not followed, and says where it leads without what may be a key', async (location, text) => {
  const { endpoint: node, server } = await endpoint(
    (_body, response) => void response.writeHead(301, { location }).end(),
  )
  const { failure } = await node.send(many(1))
  expect(failure?.message).toBe(`${server.url} ${text}`)
})

test('integers beyond 2^53 arrive as they were sent', async () => {
  const { endpoint: node } = await endpoint(
    status(200, '{"jsonrpc":"2.0","id":1,"result":{"lamports":9100000000000001,"rentEpoch":18446744073709551615}}'),
  )
  const { answers } = await node.send(many(1))
  const result = { lamports: 9_100_000_000_000_001n, rentEpoch: 18_446_744_073_709_551_615n }
  expect(answers).toEqual([{ kind: 'settled', value: { result } }])
})

const serving = (refusal: Answer): Answer =>
  toSingles((body, response, raw) => (body.method === 'odd' ? refusal(body, response, raw) : one(body)))
const toSingles =
  (answer: (body: Request, ...rest: Parameters<Answer> extends [unknown, ...infer R] ? R : never) => unknown): Answer =>
  (body, response, raw) =>
    Array.isArray(body) ? words('no batches') : answer(body, response, raw)

test.each<[string, Answer]>([
  ...[400, 401, 403, 404, 405, 500, 501].map((code): [string, Answer] => [`HTTP ${code}`, status(code)]),
  ['HTTP 403 and HTML', status(403, '<html>')],
  ['words about a key', () => words('your API key may not use this')],
  ['HTTP 403 and words', status(403, words('no'))],
])('a method refused with %s is one that is not offered, where the endpoint serves others', async (_how, refusal) => {
  const { url, seen } = await startEndpoint(serving(refusal))
  const rpc = rpcPool({ urls: [url], name: 'test-net', verify: (call) => call('who', []) })
  const error = await rpc.call('odd', []).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(RpcError)
  expect(isUnsupported(error as RpcError)).toBe(true)
  const asked = seen.length
  expect(await rpc.batch(calls('odd', 'get'))).toMatchObject([{ error: { code: -32601 } }, { result: 'get' }])
  expect(
    seen
      .flat()
      .slice(asked)
      .map(({ method }) => method),
  ).toEqual(['get'])
  expect(rpc.status()[0]).toMatchObject({ status: 'available', failureCount: 0, missingMethods: ['odd'] })
})

test('calls of a method that was served before and is now refused by status end, each with an error', async () => {
  let refuses = false
  const answer = serving(status(403))
  const { url, seen } = await startEndpoint((body, response, raw) =>
    refuses ? answer(body, response, raw) : one(body as Request),
  )
  const rpc = rpcPool({ urls: [url], name: 'test-net', verify: (call) => call('who', []) })
  expect(await rpc.call('odd', [])).toBe('odd')
  refuses = true
  const items = await rpc.batch([...many(5, 'odd'), ...calls('get')])
  expect(items.map((item) => 'error' in item)).toEqual([true, true, true, true, true, false])
  expect(seen.length).toBeLessThan(12)
})

test('every call gets its own answer, whatever the size limit, the order and the partial refusals; sends keep their order', async () => {
  let limit = 0
  let refusing: readonly number[] = []
  let arrived: unknown[] = []
  let asked = new Set<unknown>()
  let turn = 0
  const answer: Answer = (body, response) => {
    const list = [body].flat()
    for (const { params } of list) asked.add(params[0])
    if (list.length > limit) {
      if (limit % 2) return void response.writeHead(500).end()
      return words('batch too large')
    }
    const answers = list.flatMap((request): object[] => {
      const fate = refusing[turn++ % refusing.length]
      // Left out of the answer; never a call by itself, which would be the endpoint's fault.
      if (fate === 1 && list.length > 1) return []
      if (fate === 2) return [{ jsonrpc: '2.0', id: request.id, error: { code: 429, message: 'slow down' } }]
      arrived.push(request.params[0])
      return [{ jsonrpc: '2.0', id: fate === 3 ? String(request.id) : request.id, result: request.params[0] }]
    })
    return Array.isArray(body) ? answers.toReversed() : answers[0]
  }
  const { url } = await startEndpoint(answer)
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.integer({ min: 1, max: 30 }),
        most: fc.integer({ min: 1, max: 12 }),
        fates: fc
          .array(fc.constantFrom(0, 0, 1, 2, 3), { minLength: 1, maxLength: 9 })
          .map((fates) => [...fates, 0, 0]),
        method: fc.constantFrom('get', 'sendTransaction'),
      }),
      async ({ count, most, fates, method }) => {
        ;[limit, refusing, arrived, asked, turn] = [most, fates, [], new Set(), 0]
        const time = { now: 0 }
        const node = rpcEndpoint(url, 5_000, () => time.now)
        const found = new Map<number, unknown>()
        let open = Array.from({ length: count }, (_, index) => index)
        while (open.length > 0) {
          const { answers, failure } = await node.send(open.map((index) => ({ method, params: [index] })))
          expect(failure?.kind ?? 'limited').toBe('limited')
          for (const [position, index] of open.entries()) if (answers[position]) found.set(index, answers[position])
          open = open.filter((index) => !found.has(index))
          time.now += node.waitMs(open.length)
        }
        for (const [index, found_] of found) expect(found_).toEqual({ kind: 'settled', value: { result: index } })
        expect(arrived.toSorted()).toEqual([...found.keys()].toSorted())
        if (method === 'sendTransaction') expect([...asked]).toEqual([...found.keys()].toSorted((a, b) => a - b))
      },
    ),
    { numRuns: 60 },
  )
})
