import { Failure, isStop, newId, type Operation, type Operations } from '@waiaas/contract'
import type { MiddlewareHandler } from 'hono'
import { failureAnswer } from './answer.ts'
import type { Connections } from './connections.ts'
import { isTrustedProxy, peerAddress, proxyList } from './peer.ts'
import type { HttpEnv, HttpSettings } from './types.ts'

/** Nothing here is a page, unless a raw route says otherwise with a policy of its own. */
const SECURITY = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

const CORS = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers':
    'Content-Type, Authorization, X-Master-Password, X-Master-Proof, X-Master-Mark, X-Request-Id, Idempotency-Key, Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, X-Owner-Signature, X-Owner-Message, X-Owner-Address',
  'access-control-max-age': '600',
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']
const SANE_ID = /^[A-Za-z0-9._:-]{1,64}$/

type Guarded = { settings: () => HttpSettings; operations: Operations; connections?: Connections | undefined }

/**
 * Gives each request its id and its peer, refuses foreign hosts and all but stops over a spare connection, answers
 * preflights, and puts the safe headers on every answer.
 */
export function guard({ settings, operations, connections }: Guarded): MiddlewareHandler<HttpEnv> {
  const asksToStop = stopMatcher(operations)
  const hosts = lastResult(
    (names: readonly string[]) => new Set([...LOOPBACK, ...names.map((name) => name.toLowerCase())]),
  )
  const origins = lastResult((names: readonly string[]) => new Set(names))
  const proxies = lastResult(proxyList)
  return async (c, next) => {
    const now = settings()
    const given = c.req.header('x-request-id')
    const requestId = given && SANE_ID.test(given) ? given : newId()
    const origin = c.req.header('origin')
    const allowed = origin !== undefined && origins(now['security.cors_origins']).has(origin)
    const connection = c.env?.incoming?.socket
    const socket = connection?.remoteAddress
    const trusted = proxies(now['security.trusted_proxies'])
    const peer = peerAddress(socket, c.req.header('x-forwarded-for'), trusted)
    const host = (c.req.header('host') ?? URL.parse(c.req.url)?.host ?? '').toLowerCase()
    const scheme = c.req.header('x-forwarded-proto') === 'https' && isTrustedProxy(socket, trusted) ? 'https' : 'http'
    const meta = {
      requestId,
      peer,
      origin: `${scheme}://${host}`,
      headers: headersFor(requestId, allowed ? origin : undefined),
      complete: false,
    }
    c.set('meta', meta)
    const isKnown =
      isAllowed(hosts(now['security.allowed_hosts']), host) || host === publicHost(now['server.public_url'])
    if (!isKnown) return failureAnswer(meta, foreignHost(host))
    if (connection && connections?.isSpare(connection)) {
      if (!asksToStop(c.req.method, c.req.path)) return failureAnswer(meta, crowded())
      connections.keep(connection)
    }
    if (c.req.method === 'OPTIONS') {
      meta.complete = true
      return new Response(null, { status: 204, headers: { ...meta.headers, ...(allowed && CORS) } })
    }
    await next()
    if (meta.complete) return
    for (const [name, value] of Object.entries(meta.headers))
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
  }
}

function headersFor(requestId: string, origin: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { ...SECURITY, 'x-request-id': requestId, vary: 'Origin' }
  if (origin === undefined) return headers
  headers['access-control-allow-origin'] = origin
  headers['access-control-expose-headers'] = 'X-Request-Id, Retry-After, X-Master-Mark'
  return headers
}

/** A name in the list goes with any port; a name with a port goes with that one. */
const isAllowed = (names: ReadonlySet<string>, host: string): boolean =>
  names.has(host) || names.has(host.replace(/:\d+$/, ''))

/** People reach the daemon under it. */
const publicHost = (url: string): string | undefined => URL.parse(url)?.host.toLowerCase()

const foreignHost = (host: string): Failure =>
  new Failure('HOST_NOT_ALLOWED', `expected localhost or a name in security.allowed_hosts, got "${host.slice(0, 80)}"`)

const crowded = (): Failure =>
  new Failure('RATE_LIMITED', 'too many connections are open; beyond them only stops are served', { retryAfter: 1 })

function stopMatcher(operations: Operations): (method: string, path: string) => boolean {
  const stops = Object.values(operations)
    .filter((op: Operation) => isStop(op))
    .map(({ method, path }: Operation) => ({ method, path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
  return (method, path) => stops.some((stop) => stop.method === method && stop.path.test(path))
}

/** Remembers the last result; settings keep their identity until they change. */
function lastResult<In extends object, Out>(compute: (input: In) => Out): (input: In) => Out {
  let last: { input: In; output: Out } | undefined
  return (input) => {
    if (last?.input !== input) last = { input, output: compute(input) }
    return last.output
  }
}
