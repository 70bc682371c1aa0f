import {
  client,
  type HttpCall,
  isFailure,
  operations,
  readToolsets,
  secondsToWait,
  type Toolset,
  underWay,
  WAIaaSError,
} from '@waiaas/contract'
import type { SealedStates, ToolOptions } from '@waiaas/mcp'
import type { Context, Hono } from 'hono'
import { jsonAnswer } from '../platform/http/answer.ts'
import { readText } from '../platform/http/body.ts'
import type { HttpEnv, HttpSettings } from '../platform/http/types.ts'
import type { Log } from '../platform/log.ts'

type Parts = {
  readonly settings: () => Pick<HttpSettings, 'security.cors_origins'>
  readonly log: Log
  /** The same on every replica, and after each start. */
  readonly secret: () => Promise<Uint8Array>
}

/** Any session may call it, and the kill switch leaves it open: it says whether a token is good, and no more. */
const PROBE = { method: 'GET', path: operations.getKillSwitch.path, headers: {}, body: undefined } as const

/** A message is a call of one tool. */
const MOST_BYTES = 65_536
const MOST_MESSAGES = 20
const KEY = 'idempotency-key'
/** Of the protocol: what was sent cannot be read, or anything else. */
const PARSE_ERROR = -32_700
const SERVER_ERROR = -32_000

/**
 * The MCP server at /mcp, over Streamable HTTP, for the holder of a session token. Each tool call is a call of the
 * daemon's own API, with the same authentication, limits and checks.
 */
export const mcpRoutes =
  ({ secret, ...parts }: Parts) =>
  (app: Hono<HttpEnv>): void => {
    let states: Promise<SealedStates> | undefined
    const known = () => {
      states ??= import('@waiaas/mcp').then(({ sealedStates }) => sealedStates(secret))
      return states
    }
    app.post('/mcp', (c) => answer(app, c, { ...parts, states: known }))
    // There is no stream to open and no session to end.
    app.all('/mcp', (c) => {
      const refusal = refused(c, 405, `expected POST, got ${c.req.method}`)
      refusal.headers.set('allow', 'POST, OPTIONS')
      return refusal
    })
  }

type Answering = Omit<Parts, 'secret'> & { readonly states: () => Promise<SealedStates> }

async function answer(
  app: Hono<HttpEnv>,
  c: Context<HttpEnv>,
  { settings, log, states }: Answering,
): Promise<Response> {
  const origin = c.req.header('origin')
  if (origin !== undefined && !settings()['security.cors_origins'].includes(origin))
    return refused(c, 403, 'this Origin is not in security.cors_origins')
  const ask = caller(app, c)
  const probe = await ask(PROBE)
  if (!probe.ok) {
    if (probe.status === 401) probe.headers.set('www-authenticate', 'Bearer')
    return probe
  }
  const toolsets = readAsked(c)
  if (toolsets instanceof Response) return toolsets
  const body = await readMessages(c)
  if (body instanceof Response) return body
  const further = Array.isArray(body) ? body.length - 1 : 0
  if (further >= MOST_MESSAGES)
    return refused(c, 400, `a batch may have ${MOST_MESSAGES} messages at most, this one has ${further + 1}`)
  if (further > 0) {
    if (c.req.header(KEY) !== undefined)
      return refused(c, 400, `expected one message beside ${KEY}, got ${further + 1}`)
    // Each message counts as a call, beside those that its tool makes.
    const counted = await ask(PROBE, { counts: further })
    if (!counted.ok) return counted
  }
  // The protocol's library takes 100 ms to load, and most daemons never need it.
  const { answerRequest } = await import('@waiaas/mcp')
  return answerRequest({ request: c.req.raw, body }, callerOf(ask), {
    ...{ toolsets, states: await states(), session: sessionIn(c) },
    log: (message) => log.warn({ requestId: c.get('meta').requestId }, message),
  })
}

/** The session of a token that was taken: what a token says of itself is true then, and the same after a renewal. */
function sessionIn(c: Context<HttpEnv>): string {
  const [, claims = ''] = (c.req.header('authorization') ?? '').split('.')
  const { sessionId } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { sessionId?: unknown }
  return String(sessionId)
}

type Input = Record<string, unknown>
type Run = (operation: string, input: Input, options?: ToolOptions) => Promise<unknown>

/** What has become of what was sent: by which operation it is asked for, and what of its answer is told. */
const FOLLOWED: Record<string, { by: string; tells: readonly string[] }> = {
  sendToken: { by: 'getTransaction', tells: ['status', 'tier', 'txHash', 'error', 'waitReason'] },
  sendPlan: { by: 'getPlan', tells: ['status', 'tier'] },
}

/** What is answered when it is there: asked for again, it is the same. */
const ASKED_AGAIN: readonly string[] = ['signMessage', 'signTransaction']

function callerOf(ask: Ask): Run {
  const call: Run = (operation, input, { messageId, ...options } = {}) => {
    const message = messageId === undefined ? undefined : JSON.stringify(messageId)
    const key = options.idempotencyKey
    const methods: Record<string, unknown> = client(operations, (asked) => ask(asked, { message, key }))
    const method = methods[operation]
    if (typeof method !== 'function') throw new Error(`the contract has no operation ${operation}`)
    return method(input, options)
  }
  // What has no key may not wait. So it is sent first, and its answer is owed until that of the tool has arrived.
  return async (operation, { wait, ...input }, options) => {
    const seconds = secondsToWait({ wait })
    if (ASKED_AGAIN.includes(operation) && seconds > 0) return signed(call, { operation, input, wait }, options)
    const followed = FOLLOWED[operation]
    if (!followed) return call(operation, { ...input, ...(wait !== undefined && { wait }) }, options)
    const sent = (await call(operation, input, options)) as Input // both answer with an object
    if (seconds === 0 || typeof sent.id !== 'string') return sent
    try {
      const found = (await call(followed.by, { id: sent.id, wait }, options)) as Input
      return { ...sent, ...Object.fromEntries(followed.tells.map((field) => [field, found[field]])) }
    } catch (error) {
      if (error instanceof WAIaaSError && error.status !== 401) return sent
      throw error
    }
  }
}

type Waited = { operation: string; input: Input; wait: unknown }

/** What is under way is waited for, and asked for again. */
async function signed(call: Run, { operation, input, wait }: Waited, options?: ToolOptions): Promise<unknown> {
  try {
    return await call(operation, input, options)
  } catch (error) {
    const id = error instanceof WAIaaSError ? underWay(error.details) : undefined
    if (id === undefined) throw error
    await call('getTransaction', { id, wait }, options)
    return call(operation, input, options)
  }
}

/** The tools that are to be shown, by the address; or the refusal of a set that is not known. */
function readAsked(c: Context<HttpEnv>): readonly Toolset[] | Response {
  try {
    return readToolsets(c.req.query('toolsets') ?? '')
  } catch (error) {
    return refused(c, 400, `toolsets: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What the body's JSON says, or the refusal of a body that is too large or says nothing. */
async function readMessages(c: Context<HttpEnv>): Promise<unknown> {
  try {
    return JSON.parse(await readText(c, MOST_BYTES))
  } catch (error) {
    if (isFailure(error)) return refused(c, error.status, error.message)
    return refused(c, 400, 'expected JSON')
  }
}

type Asked = Pick<HttpCall, 'method' | 'path' | 'headers' | 'body'>

/** `key` is that of the call itself, where whoever asks gave it one. */
type Standing = { counts?: number; message?: string | undefined; key?: string | undefined }
type Ask = (call: Asked, standing?: Standing) => Promise<Response>

/** Calls the daemon's own routes as the caller of this request: the same host, peer, credential, request id and key. */
function caller(app: Hono<HttpEnv>, c: Context<HttpEnv>): Ask {
  const passed = ['authorization', 'x-forwarded-for', 'x-forwarded-proto', KEY].flatMap((name) => {
    const value = c.req.header(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const { requestId } = c.get('meta')
  return async ({ method, path, headers, body }, { counts = 1, message, key } = {}) => {
    // Without a key of the caller, an identical send counts as the repeat of one whose answer did not reach its caller:
    // `c.env` is this request's connection, so that the daemon knows. No answer gets lost between here and there.
    // Another message, as long as that connection is there, asks for another one.
    const { [KEY]: _, ...rest } = headers
    const own = key === undefined ? {} : { [KEY]: key }
    const all = { ...rest, ...Object.fromEntries(passed), ...own, 'x-request-id': requestId }
    return app.fetch(new Request(new URL(path, c.req.url), { method, headers: all, body: body ?? null }), {
      ...c.env,
      counts,
      message,
    })
  }
}

/** An error that belongs to no request of the protocol. */
function refused(c: Context<HttpEnv>, status: number, message: string): Response {
  const code = status === 400 ? PARSE_ERROR : SERVER_ERROR
  return jsonAnswer(c.get('meta'), status, { jsonrpc: '2.0', error: { code, message }, id: null })
}
