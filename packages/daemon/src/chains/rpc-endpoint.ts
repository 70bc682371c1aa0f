import { assertOutsideWork } from '../platform/db/guard.ts'
import { type Abilities, abilities } from './abilities.ts'
import { mostNamed, refusesTogether } from './refusals.ts'
import type { RpcError } from './rpc.ts'
import { type Heard, heardBatch, heardOne, type NodeError } from './rpc-answers.ts'
import { EndpointError, parseTarget, post, type Reply } from './rpc-http.ts'
import {
  fail,
  forbid,
  isStopped,
  judge,
  limit,
  limited,
  type Parts,
  type RpcAnswer,
  type RpcCall,
  type Run,
} from './rpc-run.ts'
import { throttle } from './throttle.ts'

/** What became of the calls of one `send`. Those without an answer are still to be asked. */
export type Outcome = {
  readonly answers: readonly (RpcAnswer | undefined)[]
  /** Some of what was to be sent may have left. */
  readonly isHeard: boolean
  /** Asked more than once, because the endpoint may have heard them and no answer could be read. */
  readonly repeated: ReadonlySet<RpcCall>
  /** Why calls are without an answer; of the kind `limited` when they only need time. */
  readonly failure: EndpointError | undefined
}

/** One endpoint, and what was learnt of it. */
export type Endpoint = {
  /** Scheme and host: paths and queries hold API keys. */
  readonly origin: string
  /** Answers in the order of the calls. Never waits for the endpoint's rate: what may not leave yet has no answer. */
  send(calls: readonly RpcCall[]): Promise<Outcome>
  /** Milliseconds until so many calls may leave, or as many as make sense at once. */
  waitMs(count: number): number
  /** The method is refused here, though the endpoint serves others. */
  lacks(method: string, error: RpcError): void
  learnt(): ReturnType<Abilities['learnt']> & { readonly callsPerSecond: number | null }
}

// Reads stand alone, so that several requests may be under way where batches are small.
const lanesMost = 4

/** JSON-RPC 2.0 over HTTP POST to one URL, with one deadline a request, in requests as large as the endpoint takes them. */
export function rpcEndpoint(url: string, timeoutMs: number, clock: () => number): Endpoint {
  const target = parseTarget(url)
  const parts: Parts = { target, timeoutMs, able: abilities(clock), pace: throttle(clock), limitedBy: '' }
  return {
    origin: target.origin,
    async send(calls) {
      assertOutsideWork(`an RPC call (${calls[0]?.method})`)
      const run = begin(parts, calls)
      // A later transaction may need the one before it.
      const lanes = calls.some(({ method }) => /^(eth_)?send/.test(method)) ? 1 : lanesMost
      while (run.open.length > 0 && !isStopped(run))
        await Promise.all(Array.from({ length: lanes }, () => lane(parts, run)))
      const { answers, isHeard, repeated, failure } = run
      // Once a part may have been heard, no failure says that it was not.
      const isHalf = isHeard && failure?.kind === 'unreached'
      return { answers, isHeard, repeated, failure: isHalf ? new EndpointError(failure.message) : failure }
    },
    waitMs: parts.pace.waitMs,
    lacks: parts.able.lacks,
    learnt: () => ({ ...parts.able.learnt(), callsPerSecond: parts.pace.rate() }),
  }
}

function begin({ able }: Parts, calls: readonly RpcCall[]): Run {
  const answers = calls.map(({ method }): RpcAnswer | undefined => {
    const error = able.missing(method)
    return error && { kind: 'elsewhere', error }
  })
  const open = [...answers.keys()].filter((position) => answers[position] === undefined)
  return { calls, answers, open, repeated: new Set(), isHeard: false, isForbidden: false, failure: undefined }
}

/** Asks piece by piece; ends when all is asked, or when something was learnt that changes the pieces. */
async function lane(parts: Parts, run: Run): Promise<void> {
  while (run.open.length > 0 && !isStopped(run)) {
    const size = parts.pace.take(Math.min(run.open.length, parts.able.batchMost()))
    if (size === 0) {
      fail(run, limited(parts))
      return
    }
    const piece = run.open.splice(0, size)
    if (piece.length === 1) await askOne(parts, run, piece[0]!)
    else if (!(await askTogether(parts, run, piece))) return
  }
}

async function askOne(parts: Parts, run: Run, position: number): Promise<void> {
  const reply = await tell(parts, run, { jsonrpc: '2.0', id: 1, ...run.calls[position]! })
  if (reply instanceof EndpointError) return fail(run, reply)
  const { each, all } = heardOne(reply)
  if (each[0]) judge(parts, run, { positions: [position], each, reply })
  else if (!all) fail(run, unreadable(parts, reply))
  else if (reply.status === 429) limit(parts, run, { asked: 1, answered: 0, reply, error: all })
  else if (isOfACall(reply)) forbid({ parts, run, position }, all)
  else fail(run, unreadable(parts, reply))
}

/** The method may be meant. Gateways that cannot reach their server mean the endpoint. */
const isOfACall = ({ status }: Reply) => status >= 400 && status <= 501

/** False when something was learnt that changes the pieces. */
async function askTogether(parts: Parts, run: Run, piece: readonly number[]): Promise<boolean> {
  const body = piece.map((position, id) => ({ jsonrpc: '2.0', id, ...run.calls[position]! }))
  const reply = await tell(parts, run, body)
  if (reply instanceof EndpointError) return withoutReply(parts, run, { piece, error: reply })
  const heard = heardBatch(reply, piece.length)
  const left = judge(parts, run, { positions: piece, each: heard.each, reply })
  if (left.length === 0) {
    parts.able.batchServed(piece.length)
    return true
  }
  const why = refusalIn(heard)
  if (why) parts.able.batchRefused(piece.length, mostNamed(why, piece.length))
  else if (left.length === piece.length) return probe(parts, run, piece)
  else repeats(run, left)
  run.open.unshift(...left)
  return false
}

type Unanswered = { readonly piece: readonly number[]; readonly error: EndpointError }

async function withoutReply(parts: Parts, run: Run, { piece, error }: Unanswered): Promise<boolean> {
  // Some servers hang up on batches that are too large.
  if (error.kind === 'failed') return probe(parts, run, piece)
  // What is too slow together may be fast enough in pieces; to find out would take another deadline now.
  if (error.kind === 'late') parts.able.batchRefused(piece.length, Math.floor(piece.length / 2))
  fail(run, error)
  return true
}

/** The words that refuse a batch as such, for the whole of it or in place of an answer. */
function refusalIn({ each, all }: Heard): NodeError | undefined {
  const errors = each.flatMap((said) => (said && 'error' in said ? [said.error] : []))
  return [...errors, ...(all ? [all] : [])].find(refusesTogether)
}

/** A batch without an answer: one call by itself tells whether the batch was refused, or the endpoint serves nothing now. */
async function probe(parts: Parts, run: Run, piece: readonly number[]): Promise<boolean> {
  repeats(run, piece)
  await askOne(parts, run, piece[0]!)
  const isServed = run.answers[piece[0]!] !== undefined && !run.isForbidden
  if (isServed) parts.able.batchLost(piece.length)
  run.open.unshift(...piece.slice(1))
  return false
}

function repeats(run: Run, positions: readonly number[]): void {
  for (const position of positions) run.repeated.add(run.calls[position]!)
}

/** One request. An endpoint's failure is returned, for what was answered before it counts. */
async function tell({ target, timeoutMs }: Parts, run: Run, body: unknown): Promise<Reply | EndpointError> {
  try {
    const reply = await post(target, body, timeoutMs)
    run.isHeard = true
    return reply
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error
    run.isHeard ||= error.kind !== 'unreached'
    return error
  }
}

function unreadable({ target }: Parts, { status, looks, body }: Reply): EndpointError {
  if (status < 200 || status >= 300) return new EndpointError(`${target.origin} answered HTTP ${status}`)
  return new EndpointError(`${target.origin} answered ${body === undefined ? looks : 'something that is not JSON-RPC'}`)
}
