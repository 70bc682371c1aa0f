import type { Abilities } from './abilities.ts'
import { isLearnt, type Refusal, readRefusal } from './refusals.ts'
import { RpcError } from './rpc.ts'
import type { NodeError, Said } from './rpc-answers.ts'
import { EndpointError, type Reply, type Target } from './rpc-http.ts'
import type { Throttle } from './throttle.ts'

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] }
/**
 * `settled` is the node's own word; `elsewhere` is an error that another node may not share; `forbidden` is a refusal that
 * does not show whether the method or the endpoint is meant.
 */
export type RpcAnswer =
  | { readonly kind: 'settled'; readonly value: { result: unknown } | { error: RpcError } }
  | { readonly kind: 'elsewhere' | 'forbidden'; readonly error: RpcError }

export type Parts = {
  readonly target: Target
  readonly timeoutMs: number
  readonly able: Abilities
  readonly pace: Throttle
  /** What the endpoint said when it limited its rate. */
  limitedBy: string
}

/** Calls on their way through one endpoint. */
export type Run = {
  readonly calls: readonly RpcCall[]
  readonly answers: (RpcAnswer | undefined)[]
  /** Positions of the calls that are to be asked, in order. */
  readonly open: number[]
  /** Those of a request to which no answer could be read, and that were asked again. */
  readonly repeated: Set<RpcCall>
  isHeard: boolean
  isForbidden: boolean
  failure: EndpointError | undefined
}

/** The caller names the type that the method's specification promises; `verify` checks what it reads. */
export function unwrap<T>(answer: RpcAnswer): T {
  if (answer.kind !== 'settled') throw answer.error
  if ('error' in answer.value) throw answer.value.error
  return answer.value.result as T
}

export const isStopped = (run: Run): boolean => run.isForbidden || run.failure !== undefined

/** A fault weighs more than a limit. */
export function fail(run: Run, failure: EndpointError): void {
  if (!run.failure || run.failure.kind === 'limited') run.failure = failure
}

type Spoken = {
  readonly positions: readonly number[]
  readonly each: readonly (Said | undefined)[]
  readonly reply: Reply
}

/** Notes what was said to each call and what it teaches; returns the positions that are to be asked in smaller pieces. */
export function judge(parts: Parts, run: Run, { positions, each, reply }: Spoken): number[] {
  const left: number[] = []
  const limits: NodeError[] = []
  const meanings = each.map((said) => said && meaningOf(said, reply))
  const serves = meanings.includes('answer')
  for (const [index, position] of positions.entries()) {
    const [said, meaning] = [each[index], meanings[index]]
    if (!said || (meaning === 'too-much' && positions.length > 1)) left.push(position)
    else if (!('error' in said)) settle({ parts, run, position }, { result: said.result })
    else if (meaning === 'limited') limits.push(said.error)
    else refusals[meaning ?? 'answer']({ parts, run, position }, { error: said.error, serves, status: reply.status })
  }
  const count = positions.filter((position) => run.answers[position]).length
  if (limits.length > 0) limit(parts, run, { asked: positions.length, answered: count, reply, error: limits[0]! })
  else if (count > 0) parts.pace.served(count)
  return left
}

function meaningOf(said: Said, { status }: Reply): Refusal {
  if (!('error' in said)) return 'answer'
  const meaning = readRefusal(said.error)
  if (meaning !== 'answer') return meaning
  if (status === 429) return 'limited'
  return status >= 401 && status <= 403 ? 'forbidden' : 'answer'
}

type Limit = { readonly asked: number; readonly answered: number; readonly reply: Reply; readonly error: NodeError }

/** The endpoint asks for time; what it did not answer stays open. */
export function limit(parts: Parts, run: Run, { asked, answered, reply, error }: Limit): void {
  parts.pace.refused({ asked, answered, retryAfterMs: reply.retryAfterMs })
  parts.limitedBy = wordsOf(parts.target, error)
  run.failure ??= limited(parts)
}

export const limited = ({ target, limitedBy }: Parts): EndpointError =>
  new EndpointError(`${target.origin} limits its rate: ${limitedBy}`, 'limited')

/** One call of a run, by its position. */
type Asked = { readonly parts: Parts; readonly run: Run; readonly position: number }

/** A refusal that names neither the method nor the endpoint; nothing more is asked until it is clear which. */
export function forbid({ parts: { target }, run, position }: Asked, error: NodeError): void {
  run.isForbidden = true
  run.answers[position] = { kind: 'forbidden', error: new RpcError(error.code, wordsOf(target, error)) }
}

/** The error of a method that an endpoint refuses, though it serves others. */
export const notOffered = (origin: string, method: string, error: RpcError): RpcError =>
  new RpcError(-32601, `${origin} does not offer the method ${method}: ${error.message}`)

type Refused = {
  readonly error: NodeError
  /** Another call of the same request was served. */
  readonly serves: boolean
  readonly status: number
}

const refusals: Record<Exclude<Refusal, 'limited'>, (asked: Asked, refused: Refused) => void> = {
  answer: (asked, { error, status }) =>
    // A server that failed has no last word.
    status >= 500 ? elsewhere(asked, errorOf(asked, error)) : settle(asked, { error: errorOf(asked, error) }),
  local: (asked, { error }) => elsewhere(asked, errorOf(asked, error)),
  'too-much': (asked, { error }) => elsewhere(asked, errorOf(asked, error)),
  behind: ({ parts: { target }, run }, { error }) =>
    fail(run, new EndpointError(`${target.origin} is behind: ${wordsOf(target, error)}`)),
  unsupported(asked, { error }) {
    const method = methodOf(asked)
    const found = errorOf(asked, error)
    if (isLearnt(method, error)) asked.parts.able.lacks(method, found)
    elsewhere(asked, found)
  },
  forbidden(asked, { error, serves }) {
    if (!serves) return forbid(asked, error)
    const method = methodOf(asked)
    const { target, able } = asked.parts
    const found = notOffered(target.origin, method, errorOf(asked, error))
    able.lacks(method, found)
    elsewhere(asked, found)
  },
}

const methodOf = ({ run, position }: Asked): string => run.calls[position]!.method

function settle(asked: Asked, value: { result: unknown } | { error: RpcError }): void {
  asked.parts.able.offers(methodOf(asked))
  asked.run.answers[asked.position] = { kind: 'settled', value }
}

function elsewhere({ run, position }: Asked, error: RpcError): void {
  run.answers[position] = { kind: 'elsewhere', error }
}

const wordsOf = (target: Target, error: NodeError): string => target.redact(error.message).slice(0, 200)

const errorOf = ({ parts: { target } }: Asked, { code, message, data }: NodeError): RpcError =>
  new RpcError(code, target.redact(message), typeof data === 'string' ? target.redact(data) : data)
