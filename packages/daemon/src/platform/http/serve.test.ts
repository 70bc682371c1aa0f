import { once } from 'node:events'
import { connect } from 'node:net'
import { defaultSettings, Failure, type Handlers, newId, openapi, operation, operations } from '@waiaas/contract'
import { Hono } from 'hono'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { Principal } from '../caller.ts'
import { census } from './census.ts'
import { listen } from './listen.ts'
import { httpApp } from './serve.ts'
import type { Calls, FullOptions, HttpEnv, HttpSettings } from './types.ts'

const tag = 'Boxes'
const table = {
  ping: operation({
    method: 'GET',
    path: '/ping',
    access: 'public',
    tag,
    summary: 'Ping.',
    input: z.strictObject({}),
    output: z.object({ pong: z.literal(true) }),
    errors: [],
  }),
  listBoxes: operation({
    method: 'GET',
    path: '/v1/boxes',
    access: ['agent', 'operator'],
    tag,
    summary: 'List boxes.',
    aliases: { boxId: ['box_id'] },
    ignored: ['display_currency'],
    input: z.strictObject({
      boxId: z.string().optional(),
      limit: z.int().min(1).max(9).default(5),
      deep: z.boolean().default(false),
    }),
    output: z.object({ limit: z.int(), deep: z.boolean(), boxId: z.string().optional(), caller: z.string() }),
    errors: [],
  }),
  fillBox: operation({
    method: 'POST',
    path: '/v1/boxes/{id}/fill',
    access: ['agent'],
    tag,
    summary: 'Fill a box.',
    status: 201,
    idempotent: true,
    alternative: { status: 200, when: 'dryRun' },
    aliases: { walletId: ['wallet_id'] },
    alsoQuery: ['walletId'],
    input: z.strictObject({
      id: z.uuid(),
      with: z.strictObject({ what: z.string() }),
      walletId: z.string().optional(),
      dryRun: z.boolean().default(false),
    }),
    output: z.object({ id: z.string(), key: z.string().nullable(), walletId: z.string().nullable() }),
    errors: ['WALLET_NOT_FOUND'],
  }),
  emptyBox: operation({
    method: 'DELETE',
    path: '/v1/boxes/{id}',
    access: ['operator'],
    tag,
    summary: 'Empty a box.',
    status: 204,
    input: z.strictObject({ id: z.uuid() }),
    output: z.void(),
    errors: [],
  }),
  breakBox: operation({
    method: 'POST',
    path: '/v1/boxes/break',
    access: ['operator'],
    tag,
    summary: 'Break.',
    input: z.strictObject({ how: z.string() }),
    output: z.object({ ok: z.boolean() }),
    errors: ['WALLET_SUSPENDED'],
  }),
}

const handlers: Handlers<typeof table, Calls> = {
  ping: () => ({ pong: true }),
  listBoxes: ({ principal }, { limit, deep, boxId }) => ({
    limit,
    deep,
    boxId,
    caller: principal.kind,
    secret: 'never shown',
  }),
  fillBox: ({ idempotencyKey }, { id, walletId }) => ({ id, key: idempotencyKey ?? null, walletId: walletId ?? null }),
  emptyBox: () => undefined,
  breakBox: (_call, { how }) => {
    if (how === 'declared') throw new Failure('WALLET_SUSPENDED', 'the wallet is suspended')
    if (how === 'undeclared') throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
    if (how === 'bug') throw new TypeError('a secret-laden inner message')
    return { ok: how } as unknown as { ok: boolean }
  },
}

async function authenticate(headers: Headers): Promise<Principal> {
  const bearer = headers.get('authorization')
  if (bearer?.startsWith('Bearer wai_sess_')) return { kind: 'agent', sessionId: bearer.slice(16), tokenHash: '' }
  if (bearer) throw new Failure('INVALID_TOKEN', 'expected a session token')
  if (headers.get('x-master-password') === 'right') return { kind: 'operator', proof: () => ({ password: 'right' }) }
  if (headers.has('x-master-password')) throw new Failure('INVALID_MASTER_PASSWORD', 'wrong master password')
  return { kind: 'public' }
}

const agent = { authorization: 'Bearer wai_sess_one' }
const operator = { 'x-master-password': 'right' }
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

type More = Partial<FullOptions<typeof table>> & { set?: Partial<HttpSettings> }
const app = ({ set = {}, ...more }: More = {}) => {
  const settings = { ...defaultSettings(), ...set }
  return httpApp({
    operations: table,
    handlers,
    authenticate,
    settings: () => settings,
    version: '0',
    log: quiet,
    strict: true,
    ...more,
  })
}

const post = (headers: Record<string, string>, body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const id = newId()

test('a handler is told of those callers alone that its operation admits', () => {
  const { ping, listBoxes, fillBox, emptyBox } = handlers
  expectTypeOf<Parameters<typeof ping>[0]['principal']['kind']>().toEqualTypeOf<'public'>()
  expectTypeOf<Parameters<typeof listBoxes>[0]['principal']['kind']>().toEqualTypeOf<'agent' | 'operator'>()
  expectTypeOf<Parameters<typeof fillBox>[0]['principal']>().toEqualTypeOf<Principal<'agent'>>()
  expectTypeOf<Parameters<typeof emptyBox>[0]['principal']>().toEqualTypeOf<Principal<'operator'>>()
})

describe('the route census', () => {
  const callers = [
    { kind: 'public', headers: {} },
    { kind: 'agent', headers: agent },
    { kind: 'operator', headers: operator },
  ] as const

  test('finds nothing wrong with a small table', async () => {
    const generous = { 'security.rate_limit_public_burst': 100_000 }
    expect(await census(async (request) => app({ set: generous }).request(request), table, callers)).toEqual([])
  })

  test('finds nothing wrong with the whole contract', async () => {
    const never = () => {
      throw new Error('a handler ran')
    }
    // The census must never reach a handler, so one function stands for all of them.
    const none = Object.fromEntries(Object.keys(operations).map((name) => [name, never])) as unknown as Handlers<
      typeof operations,
      Calls
    >
    const settings = { ...defaultSettings(), 'security.rate_limit_public_burst': 100_000 }
    const whole = httpApp({
      operations,
      handlers: none,
      authenticate,
      settings: () => settings,
      version: '0',
      log: quiet,
      strict: true,
    })
    expect(await census(async (request) => whole.request(request), operations, callers)).toEqual([])
  })

  test('finds a server that lets everybody in', async () => {
    const open = app({ authenticate: async () => ({ kind: 'agent', sessionId: 'all', tokenHash: '' }) })
    expect(await census(async (request) => open.request(request), table, callers)).toContain(
      'fillBox answered 400 ACTION_VALIDATION_FAILED to public',
    )
  })
})

describe('a server', () => {
  test('does not start with an operation that does not say who may call it', () => {
    const { access: _, ...nobody } = table.ping
    const broken = { ping: nobody as typeof table.ping }
    const start = () =>
      httpApp({
        operations: broken,
        handlers: { ping: handlers.ping },
        authenticate,
        settings: defaultSettings,
        version: '0',
        log: quiet,
      })
    expect(start).toThrow('operation ping does not say who may call it')
    const empty = { ping: { ...table.ping, access: [] as never } }
    expect(() =>
      httpApp({
        operations: empty,
        handlers: { ping: handlers.ping },
        authenticate,
        settings: defaultSettings,
        version: '0',
        log: quiet,
      }),
    ).toThrow('who may call it')
  })

  test('answers unknown paths with JSON and names the request', async () => {
    const response = await app().request('/v1/nowhere', { headers: { 'x-request-id': 'mine-1' } })
    expect(response.status).toBe(404)
    expect(response.headers.get('x-request-id')).toBe('mine-1')
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND', retryable: false, requestId: 'mine-1' })
  })

  test('makes a request id where the given one is not sane', async () => {
    const response = await app().request('/ping', { headers: { 'x-request-id': 'a b' } })
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('refuses foreign hosts and takes those of the setting', async () => {
    const ask = async (host: string, set = {}) => (await app({ set }).request('/ping', { headers: { host } })).status
    const foreign = await app().request('/ping', { headers: { host: 'evil.example' } })
    expect([foreign.status, await foreign.json()]).toMatchObject([421, { code: 'HOST_NOT_ALLOWED' }])
    expect(await ask('localhost.evil.example:3100')).toBe(421)
    expect(await ask('[::1]:3100')).toBe(200)
    expect(await ask('LOCALHOST:1')).toBe(200)
    expect(await ask('daemon:3100', { 'security.allowed_hosts': ['daemon'] })).toBe(200)
    expect(await ask('daemon:3101', { 'security.allowed_hosts': ['daemon:3100'] })).toBe(421)
    const page = { 'server.public_url': 'https://wallets.example.org/here' }
    const told = await Promise.all(
      ['wallets.example.org', 'wallets.example.org:1', 'a.wallets.example.org'].map((host) => ask(host, page)),
    )
    expect(told).toEqual([200, 421, 421])
  })

  test('lets pages of listed origins call, and no others', async () => {
    const preflight = (origin: string) =>
      app().request('/v1/boxes', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } })
    const good = await preflight('http://localhost:3100')
    expect(good.headers.get('access-control-allow-origin')).toBe('http://localhost:3100')
    for (const name of ['Idempotency-Key', 'MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name'])
      expect(good.headers.get('access-control-allow-headers')?.split(', ')).toContain(name)
    const bad = await preflight('http://evil.example')
    expect(bad.headers.get('access-control-allow-origin')).toBeNull()
    expect(bad.headers.get('access-control-allow-headers')).toBeNull()
  })

  test('puts safe headers on every answer', async () => {
    for (const path of ['/ping', '/nowhere', '/doc', '/reference', '/v1/boxes']) {
      const { headers } = await app().request(path)
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'")
      expect(headers.get('x-request-id'), path).toBeTruthy()
    }
  })

  test('gives raw routes the same guard', async () => {
    const raw = app({ raw: [(routes) => void routes.get('/raw', (c) => c.text('raw'))] })
    expect((await raw.request('/raw')).headers.get('x-frame-options')).toBe('DENY')
    expect((await raw.request('/raw', { headers: { host: 'evil.example' } })).status).toBe(421)
  })
})

describe('an operation', () => {
  test('reads numbers, booleans and aliases of the query, and drops ignored fields', async () => {
    const response = await app().request('/v1/boxes?limit=7&deep=true&box_id=b&display_currency=EUR', {
      headers: agent,
    })
    expect(await response.json()).toEqual({ limit: 7, deep: true, boxId: 'b', caller: 'agent' })
    const off = await app().request('/v1/boxes?deep=false', { headers: operator })
    expect(await off.json()).toEqual({ limit: 5, deep: false, caller: 'operator' })
  })

  test('refuses what the query says twice, in the wrong type, or beside its alias', async () => {
    for (const query of [
      'limit=1&limit=2',
      'limit=x',
      'limit=1e1',
      'deep=yes',
      'boxId=a&box_id=a',
      'limit=10',
      '__proto__=1',
      'constructor=1',
      'boxId=a%00b',
    ])
      expect((await app().request(`/v1/boxes?${query}`, { headers: agent })).status, query).toBe(400)
  })

  test('names each wrong field of a body by its path', async () => {
    const response = await app().request(`/v1/boxes/${id}/fill`, post(agent, { with: { what: 1, more: 2 }, extra: 3 }))
    expect(response.status).toBe(400)
    const { details } = (await response.json()) as { details: { issues: { path: string }[] } }
    expect(details.issues.map(({ path }) => path).sort()).toEqual(['extra', 'with.more', 'with.what'])
  })

  test('refuses text with a NUL character, which no database of ours would store alike, at any depth', async () => {
    const send = async (body: unknown) => (await app().request(`/v1/boxes/${id}/fill`, post(agent, body))).status
    expect(await send({ with: { what: 'a\u0000b' } })).toBe(400)
    expect(await send({ with: { what: 'a\\u0000b' } })).toBe(201)
    const deep = `{"with":${'['.repeat(8_000)}"\\u0000"${']'.repeat(8_000)}}`
    const answer = await app().request(`/v1/boxes/${id}/fill`, {
      method: 'POST',
      headers: { ...agent, 'content-type': 'application/json' },
      body: deep,
    })
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'ACTION_VALIDATION_FAILED' }])
  })

  test('reads JSON in UTF-8 alone, and asks for no type where there is no body', async () => {
    const send = async (type: string | undefined, body: string | null) => {
      const headers = { ...agent, ...(type !== undefined && { 'content-type': type }) }
      return (await app().request(`/v1/boxes/${id}/fill`, { method: 'POST', headers, body })).status
    }
    const body = JSON.stringify({ with: { what: 'tea' } })
    for (const type of ['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"; v=1'])
      expect(await send(type, body), type).toBe(201)
    for (const type of [undefined, '', 'text/plain', 'application/jsonp', 'application/json; charset=utf-16'])
      expect(await send(type, body), type).toBe(415)
    const refused = await app().request(`/v1/boxes/${id}/fill`, post({ ...agent, 'content-type': 'text/plain' }, body))
    expect(await refused.json()).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    for (const none of [null, '', ' ']) expect(await send(undefined, none)).toBe(400)
  })

  test('refuses a body that repeats the path, and query fields that belong in the body', async () => {
    const send = async (path: string, body: unknown) => (await app().request(path, post(agent, body))).status
    expect(await send(`/v1/boxes/${id}/fill`, { id, with: { what: 'x' } })).toBe(400)
    expect(await send(`/v1/boxes/${id}/fill?dryRun=true`, { with: { what: 'x' } })).toBe(400)
    expect(await send(`/v1/boxes/${id}/fill?walletId=a`, { with: { what: 'x' }, walletId: 'b' })).toBe(400)
    expect(await send('/v1/boxes/not-an-id/fill', { with: { what: 'x' } })).toBe(400)
    expect(await send(`/v1/boxes/${id}/fill`, '{"__proto__":{},"with":{"what":"x"}}')).toBe(400)
  })

  test('hands over the Idempotency-Key, reads declared fields from the query, and has two statuses of success', async () => {
    const real = await app().request(
      `/v1/boxes/${id}/fill?wallet_id=w`,
      post({ ...agent, 'idempotency-key': 'k1' }, { with: { what: 'x' } }),
    )
    expect(real.status).toBe(201)
    expect(await real.json()).toEqual({ id, key: 'k1', walletId: 'w' })
    const dry = await app().request(`/v1/boxes/${id}/fill`, post(agent, { with: { what: 'x' }, dryRun: true }))
    expect(dry.status).toBe(200)
    const bad = await app().request(
      `/v1/boxes/${id}/fill`,
      post({ ...agent, 'idempotency-key': 'a b' }, { with: { what: 'x' } }),
    )
    expect(bad.status).toBe(400)
  })

  test('answers 204 without a body', async () => {
    const response = await app().request(`/v1/boxes/${id}`, { method: 'DELETE', headers: operator })
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
  })

  test('answers declared failures with their hint, and says nothing about bugs', async () => {
    const ask = (how: string) => app().request('/v1/boxes/break', post(operator, { how }))
    expect(await (await ask('declared')).json()).toMatchObject({ code: 'WALLET_SUSPENDED', hint: expect.any(String) })
    const bug = await ask('bug')
    expect(bug.status).toBe(500)
    expect(await bug.text()).not.toContain('secret-laden')
    expect((await ask('answer of the wrong type')).status).toBe(500)
  })

  test('rejects in tests, and answers in production, when it fails with a code it does not declare', async () => {
    await expect(app().request('/v1/boxes/break', post(operator, { how: 'undeclared' }))).rejects.toThrow(
      'WALLET_NOT_FOUND, which it does not declare',
    )
    const lines: unknown[] = []
    const log = { ...quiet, warn: (...line: unknown[]) => void lines.push(line) }
    const response = await app({ strict: false, log }).request('/v1/boxes/break', post(operator, { how: 'undeclared' }))
    expect(response.status).toBe(404)
    expect(lines).toHaveLength(1)
  })

  test('is refused while the daemon stops, unless it is public', async () => {
    const stopping = app({ isStopping: () => true })
    const refused = await stopping.request('/v1/boxes', { headers: agent })
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'SHUTTING_DOWN', retryable: true }])
    expect((await stopping.request('/ping')).status).toBe(200)
  })
})

describe('limits', () => {
  const small = {
    'security.rate_limit_per_second': 1,
    'security.rate_limit_burst': 2,
    'security.rate_limit_public_per_second': 1,
    'security.rate_limit_public_burst': 2,
  }

  test('count each session by itself and say when to come back', async () => {
    let now = 0
    const limited = app({ set: small, monotonic: () => now })
    const ask = (name: string) =>
      limited.request('/v1/boxes', { headers: { authorization: `Bearer wai_sess_${name}` } })
    expect([(await ask('a')).status, (await ask('a')).status, (await ask('b')).status]).toEqual([200, 200, 200])
    const refused = await ask('a')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    now = 1_000
    expect((await ask('a')).status).toBe(200)
  })

  test('count the pages that anybody may read, too', async () => {
    for (const path of ['/doc', '/reference', '/reference/start.js']) {
      const limited = app({ set: small, monotonic: () => 0 })
      const answers = [await limited.request(path), await limited.request(path), await limited.request(path)]
      expect(
        answers.map(({ status }) => status),
        path,
      ).toEqual([200, 200, 429])
      expect(answers[2]!.headers.get('retry-after')).toBe('1')
    }
  })

  test('count failed and unauthenticated calls of an address, and leave good credentials of that address alone', async () => {
    const limited = app({ set: small, monotonic: () => 0 })
    const wrong = () => limited.request('/v1/boxes', { headers: { authorization: 'Bearer nonsense' } })
    expect([(await wrong()).status, (await wrong()).status, (await wrong()).status]).toEqual([401, 401, 429])
    expect((await limited.request('/ping')).status).toBe(429)
    expect((await limited.request('/nowhere')).status).toBe(429)
    expect((await limited.request('/v1/boxes', { headers: agent })).status).toBe(200)
  })
})

describe('over a socket', () => {
  const serving = async (more?: More) => listen(app(more), { port: 0, hostname: '127.0.0.1' })

  test('refuses bodies above the limit, with and without a declared length', async () => {
    const server = await serving()
    const url = `${server.url}/v1/boxes/${id}/fill`
    const big = JSON.stringify({ with: { what: 'x'.repeat(20_000) } })
    const declared = await fetch(url, post(agent, big))
    expect([declared.status, await declared.json()]).toMatchObject([
      413,
      { code: 'PAYLOAD_TOO_LARGE', details: { limit: 16_384, received: big.length } },
    ])
    const body = new Blob([big]).stream()
    const chunked = await fetch(url, { method: 'POST', headers: agent, body, duplex: 'half' } as RequestInit)
    expect(chunked.status).toBe(413)
    await server.close()
  })

  test('believes X-Forwarded-For of a trusted proxy only', async () => {
    const peers: string[] = []
    const seen: More['authenticate'] = async (_headers, _op, { peer }) => {
      peers.push(peer)
      return { kind: 'operator', proof: () => ({ password: 'right' }) }
    }
    for (const proxies of [[], ['127.0.0.0/8']]) {
      const server = await serving({ authenticate: seen, set: { 'security.trusted_proxies': proxies } })
      await fetch(`${server.url}/v1/boxes`, { headers: { 'x-forwarded-for': '9.9.9.9, 10.1.2.3' } })
      await server.close()
    }
    expect(peers).toEqual(['127.0.0.1', '10.1.2.3'])
  })

  test('knows under which address it was reached, also behind a trusted proxy', async () => {
    const seen: string[] = []
    const ping = ({ baseUrl }: Calls['public']) => {
      seen.push(baseUrl)
      return { pong: true as const }
    }
    for (const proxies of [[], ['127.0.0.1']]) {
      const server = await serving({ handlers: { ...handlers, ping }, set: { 'security.trusted_proxies': proxies } })
      await fetch(`${server.url}/ping`, { headers: { 'x-forwarded-proto': 'https' } })
      seen.push(server.url)
      await server.close()
    }
    expect(seen[0]).toBe(seen[1])
    expect(seen[2]).toBe(seen[3]?.replace('http:', 'https:'))
  })

  test('tells a handler whether its answer went out', async () => {
    const told = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()]
    const [first, second] = [told[0]!, told[1]!]
    const started = Promise.withResolvers<void>()
    const ping = async ({ onDelivered, requestId }: Calls['public']) => {
      onDelivered((requestId === 'stays' ? first : second).resolve)
      if (requestId === 'leaves') {
        started.resolve()
        await second.promise
      }
      return { pong: true as const }
    }
    const server = await serving({ handlers: { ...handlers, ping } })
    await (await fetch(`${server.url}/ping`, { headers: { 'x-request-id': 'stays' } })).text()
    expect(await first.promise).toBe(true)
    const leaving = new AbortController()
    const left = fetch(`${server.url}/ping`, { headers: { 'x-request-id': 'leaves' }, signal: leaving.signal })
    await started.promise
    leaving.abort()
    await expect(left).rejects.toThrow()
    expect(await second.promise).toBe(false)
    await server.close()
  })

  test.each([
    ['a fault', () => new Error('broken'), false],
    ['an outage', () => new Failure('SHUTTING_DOWN', 'not now'), false],
    ['a refusal', () => new Failure('RATE_LIMITED', 'too much'), true],
  ])('says whether %s went out in place of what was asked for', async (_, failure, isDelivered) => {
    const told = Promise.withResolvers<boolean>()
    const ping = ({ onDelivered }: Calls['public']) => {
      onDelivered(told.resolve)
      throw failure()
    }
    const server = await serving({ handlers: { ...handlers, ping } })
    await (await fetch(`${server.url}/ping`)).text()
    expect(await told.promise).toBe(isDelivered)
    await server.close()
  })

  test('gives up on a client that dawdles over its headers, and keeps one that is between two requests', async () => {
    const server = await listen(app(), { port: 0, hostname: '127.0.0.1', headersMs: 200 })
    const calm = connect(server.port, '127.0.0.1')
    const slow = connect(server.port, '127.0.0.1')
    const ask = 'GET /ping HTTP/1.1\r\nHost: localhost\r\n'
    calm.write(`${ask}\r\n`)
    await once(calm, 'data')
    slow.write(ask)
    const [answer] = await once(slow, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 408 /)
    await once(slow, 'close')
    calm.write(`${ask}\r\n`)
    expect(String((await once(calm, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /)
    calm.destroy()
    await server.close()
  })

  test('answers requests that one connection sends together in order, and cuts one that sends too many', async () => {
    const waiting: (() => void)[] = []
    const held = {
      ...handlers,
      ping: () => new Promise<{ pong: true }>((done) => waiting.push(() => done({ pong: true }))),
    }
    const server = await listen(app({ handlers: held }), { port: 0, hostname: '127.0.0.1' })
    const ask = 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const calm = connect(server.port, '127.0.0.1')
    calm.write(ask.repeat(32))
    await expect.poll(() => waiting.length).toBe(32)
    const answers: Buffer[] = []
    calm.on('data', (chunk: Buffer) => answers.push(chunk))
    for (const answer of waiting.splice(0).reverse()) answer()
    await expect
      .poll(
        () =>
          Buffer.concat(answers)
            .toString()
            .match(/HTTP\/1.1 200/g)?.length,
      )
      .toBe(32)
    // The same connection goes on.
    calm.write(ask.repeat(31))
    await expect.poll(() => waiting.length).toBe(31)
    calm.destroy()
    // Cut in the middle of what it sends, it may be told so by an error.
    const greedy = connect(server.port, '127.0.0.1').on('error', () => undefined)
    const cut = new Promise((resolve) => greedy.once('close', resolve))
    greedy.write(ask.repeat(5_000))
    await cut
    expect(waiting.length).toBeLessThanOrEqual(31 + 32)
    await server.close(0)
  })

  test.each([['content-length: 100'], ['transfer-encoding: chunked']])(
    'writes no line about a client that goes in the middle of its body, with %s',
    async (length) => {
      const lines: string[] = []
      const outer = new Hono<HttpEnv>()
      const over = Promise.withResolvers<void>()
      outer.use(async (_, next) => {
        await next()
        over.resolve()
      })
      outer.route('/', app({ log: { ...quiet, error: (_: unknown, line?: string) => void lines.push(line ?? '') } }))
      const server = await listen(outer, { port: 0, hostname: '127.0.0.1' })
      const socket = connect(server.port, '127.0.0.1')
      const head = [
        'host: localhost',
        `authorization: ${agent.authorization}`,
        'content-type: application/json',
        length,
      ]
      socket.write(`POST /v1/boxes/${id}/fill HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`, () =>
        socket.write('4\r\n{"wi', () => socket.destroy()),
      )
      await over.promise
      expect(lines).toEqual([])
      await server.close()
    },
  )

  test('refuses a request without a Host', async () => {
    const server = await serving()
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n')
    const [data] = (await once(socket, 'data')) as [Buffer]
    expect(data.toString()).toMatch(/^HTTP\/1\.1 400/)
    socket.destroy()
    await server.close()
  })
})

test('/doc is the OpenAPI description of the table', async () => {
  const response = await app().request('/doc')
  const servers = [{ url: 'http://localhost' }]
  expect(await response.json()).toEqual(JSON.parse(JSON.stringify({ ...openapi(table, { version: '0' }), servers })))
})
