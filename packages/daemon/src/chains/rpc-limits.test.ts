import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Answer, each, startEndpoint } from '../../test/evm-bed.ts'
import { isUnsupported } from './refusals.ts'
import { RpcError } from './rpc.ts'
import { rpcPool } from './rpc-pool.ts'

const many = (count: number, method = 'get') =>
  Array.from({ length: count }, (_, index) => ({ method, params: [index] }))
const results = (count: number) => Array.from({ length: count }, (_, result) => ({ result }))
const answering: Answer = each(({ params }) => ({ result: params[0] }))
const tooFast = { error: { code: 429, message: 'compute units per second capacity exceeded' } }

/** Serves so many calls in each window of time, alone or in batches, and refuses the others one by one. */
function metered(most: number, windowMs: number): Answer {
  let window = { from: 0, left: most }
  return each(({ params }) => {
    const now = performance.now()
    if (now - window.from >= windowMs) window = { from: now, left: most }
    window.left -= 1
    return window.left < 0 ? tooFast : { result: params[0] }
  })
}
const resting =
  (seconds: string): Answer =>
  (_body, response) =>
    void response.writeHead(429, { 'retry-after': seconds }).end()

async function pool(answers: readonly Answer[], timeoutMs = 5_000) {
  const endpoints = await Promise.all(answers.map(startEndpoint))
  const urls = endpoints.map(({ url }) => url)
  return { rpc: rpcPool({ urls, name: 'test-net', timeoutMs, clock: () => performance.now() }), endpoints }
}

test('a batch that is too large for the rate of the only endpoint is answered in parts, without a failure', async () => {
  const { rpc, endpoints } = await pool([metered(10, 200)])
  expect(await rpc.batch(many(40))).toEqual(results(40))
  expect(rpc.status()[0]).toMatchObject({ status: 'available', failureCount: 0, callsPerSecond: expect.any(Number) })
  // What was answered is not asked again.
  const asked = endpoints[0]!.seen.flat().map(({ params }) => params[0])
  expect(new Set(asked).size).toBe(40)
  expect(asked.length).toBeLessThan(120)
})

test('what one endpoint refuses for its rate goes to the next at once', async () => {
  const { rpc, endpoints } = await pool([metered(3, 60_000), answering])
  expect(await rpc.batch(many(9))).toEqual(results(9))
  expect(endpoints.map(({ seen }) => seen.map(({ length }) => length))).toEqual([[9], [6]])
  expect(rpc.status()[0]).toMatchObject({ failureCount: 0 })
})

test('many callers at once share the rate of an endpoint, and all get their answers', async () => {
  const { rpc } = await pool([metered(10, 100)])
  const found = await Promise.all(Array.from({ length: 20 }, (_, index) => rpc.call('get', [index])))
  expect(found).toEqual(Array.from({ length: 20 }, (_, index) => index))
})

test('a call waits as long as the endpoint asks, where that is not longer than one request may take', async () => {
  let asked = 0
  const { rpc } = await pool([
    (body, response, raw) => (asked++ === 0 ? resting('1.2')(body, response, raw) : answering(body, response, raw)),
  ])
  const begun = performance.now()
  expect(await rpc.call('get', [7])).toBe(7)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(1_195)
  const slow = await pool([resting('3600')])
  await expect(slow.rpc.call('get', [7])).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  expect(slow.rpc.status()[0]).toMatchObject({ status: 'cooldown', failureCount: 0 })
  expect(slow.rpc.status()[0]!.cooldownRemainingMs).toBeGreaterThan(50_000)
})

test('calls that were held back from an endpoint that rests were not heard', async () => {
  const { rpc, endpoints } = await pool([resting('60')])
  const sends = many(2, 'sendTransaction')
  const unanswered = [undefined, undefined]
  expect(await rpc.deliver(sends)).toMatchObject({ answers: unanswered, isHeard: true })
  const { length } = endpoints[0]!.seen
  expect(await rpc.deliver(sends)).toMatchObject({ answers: unanswered, isHeard: false })
  expect(endpoints[0]!.seen.length).toBe(length)
})

test('sends that are refused for the rate go out later, in order, and those that were taken not again', async () => {
  let calls = 0
  const taken: unknown[] = []
  const { rpc } = await pool([
    each(({ params }) => {
      calls += 1
      if (calls > 3 && calls < 8) return tooFast
      taken.push(params[0])
      return { result: params[0] }
    }),
  ])
  expect(await rpc.deliver(many(6, 'eth_sendRawTransaction'))).toMatchObject({ answers: results(6), isHeard: true })
  expect(taken).toEqual([0, 1, 2, 3, 4, 5])
})

test('evidence waits for the rate of the endpoints that it needs, and counts each once', async () => {
  let refusals = 2
  const limited: Answer = each(() => (refusals-- > 0 ? tooFast : { result: 'b' }))
  const { rpc, endpoints } = await pool([each(() => ({ result: 'a' })), limited])
  expect(await rpc.witnesses(2, 'x', [])).toEqual(['a', 'b'])
  expect(endpoints[0]!.seen.length).toBe(1)
})

test('evidence comes from other endpoints where one has not got the method', async () => {
  const without: Answer = each(() => ({ error: { code: -32601, message: 'no such method' } }))
  const { rpc, endpoints } = await pool([without, each(() => ({ result: 'b' })), each(() => ({ result: 'c' }))])
  expect(await rpc.witnesses(2, 'x', [])).toEqual(['b', 'c'])
  expect(await rpc.witnesses(2, 'x', [])).toEqual(['b', 'c'])
  expect(endpoints[0]!.seen.length).toBe(1)
  await expect(rpc.witnesses(3, 'x', [])).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

test('a method that no endpoint offers is an error of that kind, also while they are not asked', async () => {
  const without: Answer = each(() => ({ error: { code: -32000, message: 'unsupported method' } }))
  const { rpc, endpoints } = await pool([without, without])
  for (let times = 0; times < 2; times++) {
    const error = await rpc.call('odd', []).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(RpcError)
    expect(isUnsupported(error as RpcError)).toBe(true)
  }
  expect(endpoints.map(({ seen }) => seen.length)).toEqual([1, 1])
})

test('clients of single endpoints share what was learnt of them', async () => {
  const without: Answer = each(() => ({ error: { code: -32601, message: 'no such method' } }))
  const { rpc, endpoints } = await pool([without, answering])
  expect(await rpc.call('get', [1])).toBe(1)
  const [first, second] = rpc.apart()
  await expect(first!.call('get', [2])).rejects.toMatchObject({ code: -32601 })
  expect(await second!.call('get', [2])).toBe(2)
  expect(endpoints.map(({ seen }) => seen.length)).toEqual([1, 2])
})

test('closing ends the waiting of calls', async () => {
  const { rpc } = await pool([resting('4')])
  const waiting = rpc.call('get', [1])
  const outcome = expect(waiting).rejects.toThrow(/are closed/)
  rpc.close()
  await outcome
})

test('too many calls do not wait together', async () => {
  const { rpc } = await pool([resting('4')])
  const first = rpc.batch(many(6_000))
  const both = Promise.allSettled([first, rpc.batch(many(6_000))])
  const loser = await Promise.race([first, rpc.batch(many(6_000))]).catch((error: unknown) => error)
  expect(loser).toMatchObject({ code: 'CHAIN_ERROR' })
  rpc.close()
  await both
})

test('whatever the other endpoints do, every call gets its own answer where one serves', async () => {
  const fates = ['serves', 'hangs up', 'limits', 'leaves out', 'lacks', 'refuses', 'breaks off', 'takes two'] as const
  const fateOf = fc.constantFrom(...fates)
  let turn = 0
  let plans: readonly (readonly (typeof fates)[number][])[] = []
  const acting =
    (number: number): Answer =>
    (body, response, raw) => {
      const plan = plans[number]!
      const fate = plan[turn++ % plan.length]!
      const list = [body].flat()
      if (fate === 'hangs up') return void response.destroy()
      if (fate === 'refuses') return void response.writeHead(403).end()
      if (fate === 'breaks off') return void response.end('{"jsonrpc":"2.0","id":1,"resu')
      if (fate === 'takes two' && list.length > 2) return void response.writeHead(500).end()
      if (fate === 'limits')
        return each(({ params }) => (turn++ % 2 ? tooFast : { result: params[0] }))(body, response, raw)
      if (fate === 'lacks') return each(() => ({ error: { code: -32601, message: 'no' } }))(body, response, raw)
      if (fate === 'leaves out' && Array.isArray(body)) return [answering(body[0]!, response, raw)]
      return answering(body, response, raw)
    }
  const servers = await Promise.all([acting(0), acting(1), answering].map(startEndpoint))
  const urls = servers.map(({ url }) => url)
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.array(fateOf, { minLength: 1 }), fc.array(fateOf, { minLength: 1 })),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
      async (planned, sizes) => {
        plans = planned
        turn = 0
        const rpc = rpcPool({ urls, name: 'test-net', clock: () => performance.now() })
        const batches = await Promise.all(sizes.map((size) => rpc.batch(many(size))))
        expect(batches).toEqual(sizes.map(results))
        rpc.close()
      },
    ),
    { numRuns: 60 },
  )
})
