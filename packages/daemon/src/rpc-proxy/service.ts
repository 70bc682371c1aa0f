import {
  type AllOperations,
  type Client,
  client,
  errorOf,
  Failure,
  type HttpCall,
  isFailure,
  type Network,
  type Operation,
  operations,
  type Settings,
} from '@waiaas/contract'
import type { Context, Hono } from 'hono'
import type { Chain } from '../chains/chain.ts'
import type { Principal } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { readText } from '../platform/http/body.ts'
import { goneOf } from '../platform/http/gone.ts'
import type { HttpEnv, HttpOptions } from '../platform/http/types.ts'
import type { Log } from '../platform/log.ts'
import type { Transactions } from '../transactions/service.ts'
import { walletIdOf, walletOfSession } from '../wallets/service.ts'
import { CODES, ProxyError, type Told, toldOf } from './errors.ts'
import { type Answer, INVALID_REQUEST, idOf, readMessage } from './message.ts'
import { methodOf } from './methods.ts'
import type { Place } from './place.ts'
import { type Repeats, repeats } from './repeats.ts'
import { type RpcUrls, rpcUrls } from './urls.ts'

export { type RpcUrls, rpcUrls }

export type RpcProxyParts = {
  readonly database: Database
  readonly clock: Clock
  readonly settings: () => Settings
  readonly log: Log
  readonly version: string
  readonly authenticate: HttpOptions<AllOperations>['authenticate']
  resolveNetwork(wallet: { chain: Network['chain']; environment: Network['environment'] }, name: string): Network
  chain(id: string): Promise<Chain>
  readonly transactions: Pick<Transactions, 'asNode'>
  readonly urls: Pick<RpcUrls, 'opened'>
  ofSession(sessionId: string, operation: Operation): Promise<Principal<'agent'>>
}

type Parts = RpcProxyParts & { readonly repeats: Repeats }

/** Any session may call it, and no stop closes it: it counts messages, and says whether a token is good. */
const PROBE = { method: 'GET', path: operations.getKillSwitch.path, headers: {}, body: undefined } as const

/** The code of a contract in hex, and what goes around it. */
const MOST_BYTES = 163_840
/** As many as ethers puts into one batch. */
const MOST_MESSAGES = 100
const PARSE_ERROR = -32_700
const HEADERS = ['authorization', 'x-forwarded-for', 'x-forwarded-proto'] as const

/**
 * A wallet on an EVM network as if it were a node (JSON-RPC 2.0 over HTTP): reads are asked of the configured endpoints, and
 * whatever signs or pays is a call of the daemon's own API, with the same authentication, limits and policies.
 */
export const rpcProxyRoutes =
  (given: RpcProxyParts) =>
  (app: Hono<HttpEnv>): void => {
    const parts = { ...given, repeats: repeats(given) }
    app.post('/v1/rpc-evm/:wallet/:chain', (c) => guarded(c, parts, () => answer(app, c, parts)))
    app.post('/v1/rpc-evm/:wallet/:chain/:token', (c) => guarded(c, parts, () => answer(app, c, parts)))
    app.all('/v1/rpc-evm/*', async (c) =>
      written(c, 404, alone({ code: INVALID_REQUEST, message: 'expected POST /v1/rpc-evm/<wallet>/<chain id>' })),
    )
  }

/** Errors that belong to no message, with a status that says so too. */
async function guarded(c: Context<HttpEnv>, { log }: RpcProxyParts, run: () => Promise<Response>): Promise<Response> {
  try {
    return await run()
  } catch (error) {
    const status = error instanceof Unanswered || isFailure(error) ? error.status : 200
    return written(c, status, alone(told(error, c, log)))
  }
}

/** Nothing of what was sent is answered. */
class Unanswered extends ProxyError {
  readonly status: number
  constructor(status: number, code: number, message: string) {
    super(code, message)
    this.status = status
  }
}

async function answer(app: Hono<HttpEnv>, c: Context<HttpEnv>, parts: Parts): Promise<Response> {
  requireOpen(c, parts.settings())
  const opens = await openedBy(c, parts)
  // It counts as a failed call.
  if (opens === 'nothing') return refusedBy(c, await caller(app, c, undefined)(PROBE))
  const as = opens && ((operation: Operation) => parts.ofSession(opens.session_id, operation))
  const ask = caller(app, c, as)
  const probed = await ask(PROBE)
  if (!probed.ok) return refusedBy(c, probed)
  const body = await readMessages(c)
  const messages = Array.isArray(body) ? body : [body]
  if (messages.length === 0) throw new Unanswered(400, INVALID_REQUEST, 'expected a request, got an empty batch')
  if (messages.length > MOST_MESSAGES)
    throw new Unanswered(
      400,
      INVALID_REQUEST,
      `a batch may have ${MOST_MESSAGES} messages at most, this one has ${messages.length}`,
    )
  if (messages.length > 1) {
    // Each counts as a call, beside those that it makes.
    const counted = await ask(PROBE, messages.length - 1)
    if (!counted.ok) return refusedBy(c, counted)
  }
  const place = await placeOf(c, parts, { ask, as, opens })
  const answers: Answer[] = []
  // One after the other: what stands behind a payment may build on it.
  for (const each of messages) {
    const said = await answerOne(each, place, (error) => told(error, c, parts.log))
    if (said) answers.push(said)
  }
  if (answers.length === 0) return new Response(null, { status: 204 })
  return written(c, 200, Array.isArray(body) ? answers : answers[0]!)
}

function requireOpen(c: Context<HttpEnv>, settings: Settings): void {
  if (!settings['rpc_proxy.enabled'])
    throw new Unanswered(
      503,
      CODES.notNow,
      'the JSON-RPC proxy is off; the operator turns it on with waiaas settings set rpc_proxy.enabled true',
    )
  const origin = c.req.header('origin')
  if (origin !== undefined && !settings['security.cors_origins'].includes(origin))
    throw new Unanswered(403, CODES.unauthorized, 'this Origin is not in security.cors_origins')
  const [type] = (c.req.header('content-type') ?? '').split(';')
  if (type!.trim().toLowerCase() !== 'application/json')
    throw new Unanswered(415, INVALID_REQUEST, 'expected the content-type application/json')
}

async function readMessages(c: Context<HttpEnv>): Promise<unknown> {
  const text = await readText(c, MOST_BYTES)
  try {
    return JSON.parse(text)
  } catch {
    // The engine's message quotes the text.
    throw new Unanswered(400, PARSE_ERROR, 'expected JSON')
  }
}

async function answerOne(value: unknown, place: Place, tell: (error: unknown) => Told): Promise<Answer | undefined> {
  try {
    const { id, method, params } = readMessage(value)
    const { acts, answer } = methodOf(method)
    // Nobody would hear what became of it: it is not done. A read changes nothing.
    if (id === undefined) return undefined
    if (acts && id === null)
      throw new ProxyError(INVALID_REQUEST, `${method}: expected an id that is a text or a number`)
    return { jsonrpc: '2.0', id, result: await answer(place, params) }
  } catch (error) {
    if (isNotification(value)) return undefined
    return { jsonrpc: '2.0', id: idOf(value), error: tell(error) }
  }
}

const isNotification = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, 'id')

type As = (operation: Operation) => Promise<Principal<'agent'>>
type Opened = NonNullable<Awaited<ReturnType<RpcUrls['opened']>>>

const opensNothing = () => new Failure('INVALID_TOKEN', 'this address opens nothing, or nothing any more')

/** What somebody adds who passes on what others ask, and how more of it begins. */
const FORWARDED: readonly string[] = [
  ...['forwarded', 'via', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'x-original-host', 'x-original-url'],
  ...['true-client-ip', 'client-ip', 'cf-connecting-ip', 'cf-ray', 'fastly-client-ip', 'x-envoy-external-address'],
]
const isForwarded = (name: string): boolean => name.startsWith('x-forwarded') || FORWARDED.includes(name)

/**
 * What the token in the path opens; undefined where there is none. It is for tools beside the daemon: what others have
 * passed on has been through their logs.
 */
async function openedBy(c: Context<HttpEnv>, { urls }: Parts): Promise<Opened | 'nothing' | undefined> {
  const token = c.req.param('token')
  if (token === undefined) return undefined
  const passedBy = Object.keys(c.req.header()).find(isForwarded)
  if (passedBy !== undefined)
    throw new Unanswered(
      403,
      CODES.unauthorized,
      `an address with a token takes no ${passedBy} header: others have seen it`,
    )
  return (await urls.opened(token)) ?? 'nothing'
}

type Ask = (call: Pick<HttpCall, 'method' | 'path' | 'headers' | 'body'>, counts?: number) => Promise<Response>

/** Calls the daemon's own routes as the caller of this request. */
function caller(app: Hono<HttpEnv>, c: Context<HttpEnv>, authenticate: As | undefined): Ask {
  const headers = c.req.param('token') === undefined ? HEADERS : []
  const passed = headers.flatMap((name) => {
    const value = c.req.header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const { requestId } = c.get('meta')
  return async ({ method, path, headers, body }, counts = 1) => {
    const all = { ...headers, ...Object.fromEntries(passed), 'x-request-id': requestId }
    const request = new Request(new URL(path, c.req.url), { method, headers: all, body: body ?? null })
    return app.fetch(request, { ...c.env, counts, authenticate })
  }
}

type Caller = { readonly ask: Ask; readonly as: As | undefined; readonly opens: Opened | undefined }

async function placeOf(c: Context<HttpEnv>, parts: Parts, { ask, as, opens }: Caller): Promise<Place> {
  const { peer } = c.get('meta')
  const send = operations.sendToken
  const principal = await (as?.(send) ?? parts.authenticate(c.req.raw.headers, send, { peer, path: c.req.path }))
  if (principal.kind !== 'agent')
    throw new Failure('INVALID_TOKEN', 'expected the token of a session in Authorization: Bearer')
  const { wallet, network, chainId } = await chosen(c, parts, principal)
  if (opens && (opens.wallet_id !== wallet.id || opens.network !== network.id)) throw opensNothing()
  const chain = await parts.chain(network.id)
  const { contracts } = chain
  if (!chain.ask || !contracts) throw new Failure('CHAIN_NOT_SUPPORTED', `${network.id} has no JSON-RPC of EVM nodes`)
  const { asNode } = parts.transactions
  const call = { principal, onGone: goneOf(c) }
  return {
    ...{ wallet, network, chainId, principal, version: parts.version },
    call,
    own: client(operations, (asked) => ask(asked)) as Client<AllOperations>,
    ask: chain.ask,
    unsigned: contracts.putTogether,
    nextNonce: () => asNode.nextNonce(chain, wallet.address),
    inPlaceOf: (hash) => asNode.inPlaceOf(chain, { sender: wallet.address, hash }),
    fate: (id, waiting) => asNode.fate(id, { call, ...waiting }),
    patience: (status) => parts.settings()[PATIENCE[status]],
    once: parts.repeats.once,
    named: (name) => parts.repeats.named(principal.sessionId, name),
    namedAs: (name) => parts.repeats.namedAs(principal.sessionId, name),
    onDelivered: deliveredOf(c),
  }
}

const PATIENCE = {
  PENDING: 'rpc_proxy.delay_timeout_seconds',
  QUEUED: 'rpc_proxy.approval_timeout_seconds',
} as const

/** Where no connection is known, what is answered has arrived. */
function deliveredOf(c: Context<HttpEnv>): (listener: () => void) => void {
  const outgoing = c.env?.outgoing
  const listeners: (() => void)[] = []
  outgoing?.once('close', () => {
    if (outgoing.writableFinished) for (const each of listeners) each()
  })
  return (listener) => void (outgoing ? listeners.push(listener) : listener())
}

async function chosen(c: Context<HttpEnv>, parts: RpcProxyParts, { sessionId }: Principal<'agent'>) {
  const [name = '', chain = ''] = [c.req.param('wallet'), c.req.param('chain')]
  const wallet = await parts.database.read(async (db) =>
    walletOfSession(db, sessionId, { walletId: await walletIdOf(db, name, sessionId) }),
  )
  if (!/^[1-9]\d{0,15}$/.test(chain))
    throw new Unanswered(404, CODES.invalidParams, 'expected the number of a chain at the end of the path')
  const network = parts.resolveNetwork(wallet, `eip155:${chain}`)
  return { wallet, network, chainId: Number(chain) }
}

function told(error: unknown, c: Context<HttpEnv>, log: Log): Told {
  const declared = toldOf(error)
  if (declared) return declared
  const { requestId } = c.get('meta')
  log.error({ err: error, requestId }, 'a call of the JSON-RPC proxy failed')
  return {
    code: CODES.internal,
    message: 'the daemon could not answer this request; its log has the cause',
    data: { code: 'INTERNAL_ERROR', requestId },
  }
}

/** What the daemon's own API said of the caller, in the words of JSON-RPC. */
async function refusedBy(c: Context<HttpEnv>, response: Response): Promise<Response> {
  const error = toldOf(errorOf(response, await response.text()))!
  const { status } = response
  const wait = response.headers.get('retry-after')
  const answer = written(c, status, alone(error))
  if (wait !== null) answer.headers.set('retry-after', wait)
  if (status === 401) answer.headers.set('www-authenticate', 'Bearer')
  return answer
}

const alone = (error: Told): Answer => ({ jsonrpc: '2.0', id: null, error })

/** Whole numbers beyond 2^53, as nodes may tell them, are written as they came. */
function written(c: Context<HttpEnv>, status: number, answers: Answer | readonly Answer[]): Response {
  const meta = c.get('meta')
  meta.complete = true
  const text = JSON.stringify(answers, (_key, value) => (typeof value === 'bigint' ? rawJson(String(value)) : value))
  return new Response(text, {
    status,
    headers: { ...meta.headers, 'content-type': 'application/json; charset=utf-8' },
  })
}

/** TypeScript's library does not describe it yet: https://github.com/tc39/proposal-json-parse-with-source */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }
