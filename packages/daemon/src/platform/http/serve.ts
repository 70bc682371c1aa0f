import {
  callsIn,
  callsInBody,
  Failure,
  failuresOf,
  invalidField,
  isFailure,
  isStop,
  mayCall,
  mostBytes,
  type Operation,
  type Operations,
  secondsToWait,
  withoutRpcTokens,
} from '@waiaas/contract'
import { type Context, Hono } from 'hono'
import type { Principal } from '../caller.ts'
import { asStorageFailure } from '../db/storage.ts'
import { inTurn } from '../give-way.ts'
import type { Log } from '../log.ts'
import { emptyAnswer, failureAnswer, jsonAnswer } from './answer.ts'
import { fitPage } from './fit.ts'
import { goneOf } from './gone.ts'
import { guard } from './guard.ts'
import { inputReader } from './input.ts'
import { tokenBuckets } from './limits.ts'
import { nameReader } from './named.ts'
import { peerGroup } from './peer.ts'
import { withBody } from './proven-body.ts'
import { referenceRoutes } from './reference.ts'
import { type EventPage, eventStream } from './stream.ts'
import { type Turn, turns } from './turns.ts'
import type { Call, From, FullOptions, HttpEnv, HttpOptions, HttpSettings, Meta } from './types.ts'

const MARK = 'x-master-mark'
const KEY = /^[\x21-\x7e]{1,255}$/
const PUBLIC = { kind: 'public' } as const

/** The whole HTTP application: the operations, and beside them the pages that describe them and `raw`. */
export function httpApp<const Ops extends Operations>(options: FullOptions<Ops>): Hono<HttpEnv> {
  const limits = limiter(options)
  const app = routesOf({ ...options, limits })
  for (const page of ['/doc', '/reference/*', '/card/*', '/llms.txt', '/skills/*'])
    app.use(page, async (c, next) => {
      limits.stranger(c.get('meta'))
      await next()
    })
  app.route('/', referenceRoutes(options.operations, options.version))
  for (const add of options.raw ?? []) add(app)
  return app
}

/**
 * The HTTP application of a table of operations and nothing else: routes, authentication, limits, validation, answers
 * and errors. Throws when an operation has no access or no handler.
 */
export const operationsApp = <const Ops extends Operations>(options: HttpOptions<Ops>): Hono<HttpEnv> =>
  routesOf({ ...options, limits: limiter(options) })

function routesOf<Ops extends Operations>(options: Serving<Ops>): Hono<HttpEnv> {
  const { limits } = options
  const app = new Hono<HttpEnv>()
  for (const [name, op] of Object.entries(options.operations)) requireAccess(name, op)
  app.use(guard(options))
  for (const [name, op] of Object.entries(options.operations)) addRoute(app, { name, op }, options)
  app.notFound((c) => {
    const meta = c.get('meta')
    const limited = attempt(() => limits.stranger(meta))
    return failureAnswer(
      meta,
      limited ?? new Failure('NOT_FOUND', `no ${c.req.method} ${withoutRpcTokens(c.req.path).slice(0, 200)} here`),
    )
  })
  app.onError((error, c) => {
    if (error instanceof UndeclaredFailure) throw error
    return failureAnswer(c.get('meta'), asFailure(error, c, options))
  })
  return app
}

/** A handler failed with a code that its operation does not declare; tests see it, callers never do. */
class UndeclaredFailure extends Error {
  override readonly name = 'UndeclaredFailure'
}

type Named = { name: string; op: Operation }
type Serving<Ops extends Operations> = HttpOptions<Ops> & { readonly limits: Limiter }

function addRoute<Ops extends Operations>(app: Hono<HttpEnv>, { name, op }: Named, options: Serving<Ops>): void {
  const { limits } = options
  const handler = options.handlers[name]
  if (!handler) throw new Error(`operation ${name} has no handler`)
  const read = inputReader(op)
  const withIds = options.idOf ? nameReader(op, options.idOf) : async (input: unknown) => input
  const declared: ReadonlySet<string> = new Set(failuresOf(op))
  const path = op.path.replaceAll(/\{(\w+)\}/g, ':$1')
  app.on(op.method, path, async (c) => {
    const meta = c.get('meta')
    const admitted = await admit(c, op, options)
    const outcome = { isFault: false }
    const limit = mostBytes(admitted.kind, op)
    let turn: Turn | undefined
    try {
      if (op.maxBody !== undefined) await limits.known(c, { principal: admitted, op }, callsInBody(sizeOf(c, limit)))
      const given = await read(c, limit)
      const principal = withBody(admitted, c.get('body') ?? '')
      const isStream = op.streams === true && wantsStream(c)
      const named = await withIds(given, principal)
      const input = isStream ? behindLast(op, c, named) : named
      const calls = callsIn(input)
      // One was counted before the body was read, and the bytes of a larger one.
      await limits.known(c, { principal, op }, calls - 1)
      turn = await limits.turn(principal, calls)
      const call = callOf(c, { op, principal, outcome })
      if (op.idempotent && secondsToWait(input) > 0 && call.idempotencyKey === undefined) throw keyNeeded()
      // The table types the handler; here it is one of many. `admit` let only the kinds of caller through that it knows.
      const handle = handler as (call: Call, input: unknown) => unknown
      const run = turn ? (...given: [Call, unknown]) => inTurn(turn!.way, () => handle(...given)) : handle
      if (!isStream) return await answerOf(meta, { name, op, input, result: await run(call, input) }, options)
      const page = async (more: object): Promise<EventPage> =>
        // The output of whatever has `streams`.
        (await fitted(
          meta,
          { name, op, result: await run(call, { ...(input as object), ...more }) },
          options,
        )) as EventPage
      return eventStream(meta, await page({ wait: 0 }), {
        log: options.log,
        stillOpen: () => stillOpen(c, { op, principal }, options),
        async next(after) {
          await limits.known(c, { principal, op }, calls)
          return page({ after, wait: HEARTBEAT_S })
        },
      })
    } catch (error) {
      outcome.isFault = !isFailure(error) || error.status >= 500
      // What an owner signed is looked at where it is used.
      if (admitted.kind === 'owner' && isFailure(error) && error.status === 401) limits.stranger(meta)
      if (!isFailure(error) || declared.has(error.code)) throw error
      const problem = `operation ${name} failed with ${error.code}, which it does not declare`
      if (options.strict) throw new UndeclaredFailure(problem, { cause: error })
      options.log.warn({ requestId: meta.requestId }, problem)
      throw error
    } finally {
      turn?.leave()
    }
  })
}

/** A stream that has nothing to tell says so each so many seconds. */
const HEARTBEAT_S = 15

const wantsStream = (c: Context<HttpEnv>): boolean => /\btext\/event-stream\b/.test(c.req.header('accept') ?? '')

/** The input of a stream that goes on where its client has seen the last event. */
function behindLast(op: Operation, c: Context<HttpEnv>, input: unknown): unknown {
  const last = c.req.header('last-event-id')
  if (last === undefined || last === '') return input
  const parsed = op.input.safeParse({ ...(input as object), after: last }) // inputs are objects
  if (parsed.success) return parsed.data
  throw invalidField('Last-Event-ID', 'expected the id of an event that was told here')
}

/** Looks whether a stream may go on. A session or a login may have ended, or the kill switch been thrown; the operator's is short. */
async function stillOpen<Ops extends Operations>(
  c: Context<HttpEnv>,
  { op, principal }: { op: Operation; principal: Principal },
  { isStopping, authenticate }: Serving<Ops>,
): Promise<void> {
  if (isStopping?.()) throw new Failure('SHUTTING_DOWN', 'the daemon is stopping')
  const mayEnd = principal.kind === 'agent' || (principal.kind === 'operator' && principal.isLogin)
  if (mayEnd) await authenticate(c.req.raw.headers, op, fromOf(c))
}

const fromOf = (c: Context<HttpEnv>): From => {
  const { pathname, search } = new URL(c.req.url)
  return { peer: c.get('meta').peer, path: `${pathname}${search}` }
}

/** A body that does not tell its length counts as the longest. */
const sizeOf = (c: Context<HttpEnv>, limit: number): number =>
  Math.min(limit, Number(c.req.header('content-length') ?? limit))

function requireAccess(name: string, op: Operation): void {
  const access: unknown = op.access
  const named = Array.isArray(access) && access.length > 0
  if (access !== 'public' && !named) throw new Error(`operation ${name} does not say who may call it`)
}

async function admit<Ops extends Operations>(
  c: Context<HttpEnv>,
  op: Operation,
  { limits, isStopping, authenticate }: Serving<Ops>,
): Promise<Principal> {
  const meta = c.get('meta')
  if (op.access === 'public') {
    limits.stranger(meta)
    return PUBLIC
  }
  if (isStopping?.() && !isStop(op)) throw new Failure('SHUTTING_DOWN', 'the daemon is stopping')
  try {
    const principal = await (c.env?.authenticate?.(op) ?? authenticate(c.req.raw.headers, op, fromOf(c)))
    if (principal.kind === 'public' || !mayCall(op, principal.kind)) throw wrongCaller(op)
    if (principal.kind === 'operator' && principal.mark !== undefined) meta.headers[MARK] = principal.mark
    await limits.known(c, { principal, op }, c.env?.counts ?? 1)
    return principal
  } catch (error) {
    // Who may only look and asks for more is refused before their calls are counted.
    if (isFailure(error) && (error.status === 401 || error.code === 'VIEW_ONLY')) limits.stranger(meta)
    throw error
  }
}

function wrongCaller(op: Operation): Failure {
  if (isStop(op))
    return new Failure(
      'INVALID_MASTER_PASSWORD',
      'expected the master password in X-Master-Password, or a stop token in Authorization: Bearer',
    )
  if (!mayCall(op, 'agent') && !mayCall(op, 'operator'))
    return new Failure('INVALID_SIGNATURE', 'expected X-Owner-Address, X-Owner-Message and X-Owner-Signature')
  return mayCall(op, 'agent')
    ? new Failure('INVALID_TOKEN', 'expected the token of a session in Authorization: Bearer')
    : new Failure('INVALID_MASTER_PASSWORD', 'expected the master password in X-Master-Password')
}

type Limiter = {
  stranger(meta: Meta): void
  known(c: Context<HttpEnv>, asked: Pick<Asked, 'principal' | 'op'>, calls: number): Promise<void>
  /** Resolves when a call may run. */
  turn(principal: Principal, calls: number): Promise<Turn | undefined>
}

function limiter({
  settings,
  monotonic = () => performance.now(),
}: {
  settings: () => HttpSettings
  monotonic?: () => number
}): Limiter {
  const known = tokenBuckets(monotonic)
  const strangers = tokenBuckets(monotonic)
  const order = turns(monotonic)
  return {
    stranger({ peer }) {
      const { 'security.rate_limit_public_per_second': perSecond, 'security.rate_limit_public_burst': burst } =
        settings()
      refuse(
        strangers.take(peerGroup(peer), { perSecond, burst }),
        'unauthenticated or failed requests from this address',
      )
    },
    async known(c, { principal, op }, calls) {
      if (principal.kind === 'public' || calls === 0) return
      const { 'security.rate_limit_per_second': perSecond, 'security.rate_limit_burst': burst } = settings()
      // Stops have a rate of their own, which nothing else uses up.
      const name = isStop(op) ? `${nameOf(principal)}, stops` : nameOf(principal)
      const more = calls > 1 ? `; this one counts as ${calls}` : ''
      const wait = known.take(name, { perSecond, burst }, calls)
      const isHeld = wait <= 0 || (await order.refusal(name, goneOf(c)))
      // The next one costs a connection.
      if (!isHeld && c.env?.outgoing) c.env.outgoing.shouldKeepAlive = false
      refuse(wait, `requests of this ${principal.kind}${more}`)
    },
    async turn(principal, calls) {
      if (principal.kind !== 'agent') return undefined
      return order.take(nameOf(principal), { calls, perSecond: settings()['security.rate_limit_per_second'] })
    },
  }
}

function refuse(wait: number, what: string): void {
  if (wait > 0) throw new Failure('RATE_LIMITED', `too many ${what}`, { retryAfter: wait })
}

const nameOf = (principal: Principal): string => {
  if (principal.kind === 'agent') return `agent ${principal.sessionId}`
  if (principal.kind === 'stopper') return `stopper ${principal.actor}`
  if (principal.kind === 'operator' && principal.onlyLooks) return 'operator, looking'
  if (principal.kind === 'viewer') return `viewer ${principal.address}`
  return principal.kind === 'owner' ? `owner ${principal.address}` : principal.kind
}

/** `outcome` says in the end whether the answer is a fault of the daemon, which is none to what was asked. */
type Asked = { op: Operation; principal: Principal; outcome: { readonly isFault: boolean } }

function callOf(c: Context<HttpEnv>, { op, principal, outcome }: Asked): Call {
  const { requestId, peer, origin, headers } = c.get('meta')
  const outgoing = c.env?.outgoing
  const message = c.env?.message
  return {
    principal,
    requestId,
    peer,
    baseUrl: origin,
    answerWith: (name, value) => {
      headers[name] = value
    },
    idempotencyKey: op.idempotent ? readKey(c.req.header('idempotency-key')) : undefined,
    message: message === undefined ? undefined : { id: message, isHere: () => outgoing?.destroyed === false },
    onDelivered: (listener) => {
      if (outgoing) outgoing.once('close', () => listener(outgoing.writableFinished && !outcome.isFault))
      else listener(true)
    },
    onGone: goneOf(c),
  }
}

/** Whoever waits may lose the answer of what was done long before. */
const keyNeeded = (): Failure =>
  invalidField('Idempotency-Key', 'expected an Idempotency-Key beside wait: it finds the request again')

function readKey(key: string | undefined): string | undefined {
  if (key === undefined || KEY.test(key)) return key
  throw invalidField('Idempotency-Key', 'expected 1 to 255 visible ASCII characters')
}

type Result = Named & { readonly input: unknown; readonly result: unknown }

/** What the handler did is done: what of its answer does not fit is left out and logged, and fails nothing. */
async function answerOf(meta: Meta, { name, op, input, result }: Result, options: Fitting): Promise<Response> {
  if (op.status === 204) return emptyAnswer(meta)
  const data = await fitted(meta, { name, op, result }, options)
  const { alternative } = op
  // Inputs are objects: every operation's schema is one.
  const isOther = alternative && (input as Record<string, unknown>)[alternative.when] === true
  return jsonAnswer(meta, isOther ? alternative.status : op.status, data)
}

type Fitting = { readonly log: Log; readonly strict?: boolean }

async function fitted(
  meta: Meta,
  { name, op, result }: Omit<Result, 'input'>,
  { log, strict }: Fitting,
): Promise<unknown> {
  const found = await fitPage(op.output, result)
  if (!found || (strict && found.cut.length > 0)) throw new Error(`the answer of ${name} does not fit its schema`)
  const { data, cut } = found
  if (cut.length > 0) log.error({ requestId: meta.requestId, cut }, `the answer of ${name} did not fit its schema`)
  return data
}

/** A declared failure as it is; anything else is logged with the request's id and told to nobody. */
function asFailure<Ops extends Operations>(error: Error, c: Context<HttpEnv>, { log }: HttpOptions<Ops>): Failure {
  if (isFailure(error) && error.code !== 'STORAGE_UNAVAILABLE') return error
  log.error(
    { err: error, requestId: c.get('meta').requestId, method: c.req.method, route: withoutRpcTokens(c.req.path) },
    'request failed',
  )
  const failure = asStorageFailure(error)
  if (isFailure(failure)) return failure
  return new Failure('INTERNAL_ERROR', 'the daemon could not answer this request')
}

function attempt(action: () => void): Failure | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (isFailure(error)) return error
    throw error
  }
}
