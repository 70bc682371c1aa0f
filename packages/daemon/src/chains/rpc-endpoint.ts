import { assertOutsideWork } from '../platform/db/guard.ts'
import { RpcError } from './chain.ts'

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] }
/** `settled` is the node's own word; `elsewhere` is an error that another node may not share. */
type RpcAnswer =
  | { readonly kind: 'settled'; readonly value: { result: unknown } | { error: RpcError } }
  | { readonly kind: 'elsewhere'; readonly error: RpcError }

/** The endpoint itself failed: not reached, too slow, overloaded or not speaking JSON-RPC. The text names no more than scheme and host. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError'
  /** No connection was made: nothing of what was to be sent has left. */
  readonly isUnreached: boolean
  constructor(message: string, isUnreached = false) {
    super(message)
    this.isUnreached = isUnreached
  }
}

/** One endpoint. Answers come in the order of the calls. */
export type Endpoint = {
  /** Scheme and host: paths and queries hold API keys. */
  readonly origin: string
  send(calls: readonly RpcCall[]): Promise<RpcAnswer[]>
}

// Geth answers no more than 1,000 calls of one batch.
const batchMost = 500

/** JSON-RPC 2.0 over HTTP POST to one URL, with one deadline a request. Falls back to single calls where batches are refused. */
export function rpcEndpoint(url: string, timeoutMs: number): Endpoint {
  const target = parseTarget(url)
  let refusesBatches = false
  const oneByOne = async (calls: readonly RpcCall[], tell: Tell) => {
    const answers: RpcAnswer[] = []
    // In order, because a later transaction may need the one before it.
    for (const call of calls) answers.push(answerOf(target, await tell({ jsonrpc: '2.0', id: 1, ...call })))
    return answers
  }
  const together = async (calls: readonly RpcCall[], tell: Tell): Promise<RpcAnswer[]> => {
    const body = await tell(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })))
    if (isBatchRefusal(body)) {
      refusesBatches = true
      return oneByOne(calls, tell)
    }
    return inOrder(target, body, calls.length)
  }
  return {
    origin: target.origin,
    async send(calls) {
      assertOutsideWork(`an RPC call (${calls[0]?.method})`)
      const tell = conversation(target, timeoutMs)
      if (calls.length === 1 || refusesBatches) return oneByOne(calls, tell)
      const answers: RpcAnswer[] = []
      for (let start = 0; start < calls.length; start += batchMost)
        answers.push(...(await together(calls.slice(start, start + batchMost), tell)))
      return answers
    },
  }
}

type Tell = (body: unknown) => Promise<unknown>

/** Several posts that carry one message: once a part of it may have been heard, no failure says that it was not. */
function conversation(target: Target, timeoutMs: number): Tell {
  let isHeard = false
  return async (body) => {
    try {
      return await post(target, body, timeoutMs)
    } catch (error) {
      if (!(error instanceof EndpointError) || !isHeard) throw error
      throw new EndpointError(error.message)
    } finally {
      isHeard = true
    }
  }
}

type Target = {
  readonly href: string
  readonly origin: string
  readonly headers: Record<string, string>
  redact(text: string): string
}

function parseTarget(url: string): Target {
  if (!URL.canParse(url))
    throw new EndpointError('expected an RPC endpoint as an http or https URL, got something else')
  const parsed = new URL(url)
  if (!/^https?:$/.test(parsed.protocol))
    throw new EndpointError(`expected an http or https endpoint, got ${parsed.protocol}//${parsed.host}`)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const secrets = [...parsed.pathname.split('/'), ...parsed.searchParams.values(), parsed.username, parsed.password]
  if (parsed.username || parsed.password) {
    const pair = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
    // fetch refuses URLs with credentials in them.
    parsed.username = ''
    parsed.password = ''
  }
  // Short parts are words of a path, such as "v2"; replacing them would only garble messages.
  const hidden = secrets.filter((part) => part.length >= 6)
  return {
    href: parsed.href,
    origin: `${parsed.protocol}//${parsed.host}`,
    headers,
    redact: (text) => hidden.reduce((rest, part) => rest.replaceAll(part, '[redacted]'), text),
  }
}

async function post(target: Target, body: unknown, timeoutMs: number): Promise<unknown> {
  const { status, text } = await exchange(target, JSON.stringify(body), timeoutMs)
  const answer = parseJson(text)
  if (status >= 200 && status < 300) {
    if (answer === undefined) throw new EndpointError(`${target.origin} answered something that is not JSON`)
    return answer
  }
  // Several nodes send their JSON-RPC errors with a status of 4xx; others refuse batches that way.
  if (status >= 400 && status < 500 && status !== 429 && status !== 401 && status !== 403) {
    if (isObject(answer) && isObject(answer.error)) return answer
    if (Array.isArray(body)) return { error: { code: -32600, message: `HTTP ${status} to a batch` } }
  }
  throw new EndpointError(`${target.origin} answered HTTP ${status}`)
}

async function exchange(target: Target, body: string, timeoutMs: number): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(target.href, {
      method: 'POST',
      headers: target.headers,
      body,
      // A redirect would take the key in the URL to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.status, text: await response.text() }
  } catch (error) {
    // The cause is left out: its text can hold the whole URL.
    const code = codeOf(error)
    const isUnreached = code !== undefined && BEFORE_CONNECTING.has(code)
    throw new EndpointError(`${target.origin} ${reasonOf(error, code, timeoutMs)}`, isUnreached)
  }
}

/** Errors of looking up a name and of opening a connection; each comes before the first byte. */
const BEFORE_CONNECTING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return isObject(cause) && typeof cause.code === 'string' ? cause.code : undefined
}

function reasonOf(error: unknown, code: string | undefined, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `did not answer within ${timeoutMs} ms`
  return `could not be reached (${code ?? 'connection failed'})`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Undefined is what no JSON text can mean; the caller names the endpoint and the status.
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function answerOf(target: Target, body: unknown): RpcAnswer {
  if (!isObject(body)) throw new EndpointError(`${target.origin} answered something that is not JSON-RPC`)
  if ('error' in body && body.error !== null) return errorAnswer(target, body.error)
  if (!('result' in body)) throw new EndpointError(`${target.origin} answered neither a result nor an error`)
  return { kind: 'settled', value: { result: body.result } }
}

function inOrder(target: Target, body: unknown, count: number): RpcAnswer[] {
  if (!Array.isArray(body)) {
    // One error for the whole batch: an overloaded node, or a fault.
    const answer = answerOf(target, body)
    if (answer.kind === 'settled' && 'result' in answer.value)
      throw new EndpointError(`${target.origin} answered a batch with one result`)
    return Array.from({ length: count }, () => answer)
  }
  const byId = new Map(body.map((item: unknown) => [isObject(item) ? String(item.id) : undefined, item]))
  return Array.from({ length: count }, (_, id) => {
    const item = byId.get(String(id))
    if (item === undefined) throw new EndpointError(`${target.origin} left out answer ${id + 1} of ${count} of a batch`)
    return answerOf(target, item)
  })
}

function errorAnswer(target: Target, error: unknown): RpcAnswer {
  const { code, message, data } = isObject(error) ? error : { code: -32603, message: String(error), data: undefined }
  const text = target.redact(typeof message === 'string' ? message : JSON.stringify(message ?? null))
  const number = typeof code === 'number' ? code : Number.isInteger(Number(code)) ? Number(code) : -32603
  if (isOverload(number, text))
    throw new EndpointError(`${target.origin} is overloaded or behind: ${text.slice(0, 200)}`)
  const rpcError = new RpcError(number, text, typeof data === 'string' ? target.redact(data) : data)
  return isLocal(number, text)
    ? { kind: 'elsewhere', error: rpcError }
    : { kind: 'settled', value: { error: rpcError } }
}

// -32005 is "limit exceeded" of EIP-1474 and "node is behind" of Solana; -32016 is Solana's "minimum context slot not reached".
const isOverload = (code: number, text: string) =>
  code === -32005 ||
  code === -32016 ||
  code === 429 ||
  // A contract may say such things too, and that is no fault of the node.
  (!/revert/i.test(text) &&
    /rate.?limit|too many requests|requests? (limit|exceed)|quota|compute units|node is (behind|unhealthy|syncing)|unauthori[sz]ed|api key/i.test(
      text,
    ))

// Methods that this node does not offer, data that it has not got, and faults of its own.
const isLocal = (code: number, text: string) =>
  code === -32601 ||
  code === -32004 ||
  /method .*not (found|supported|available|exist)|missing trie node|header not found|unknown block|^internal error\.?$/i.test(
    text,
  )

function isBatchRefusal(body: unknown): boolean {
  const saysSo = (item: unknown) => {
    const error = isObject(item) && isObject(item.error) ? item.error : undefined
    return error !== undefined && typeof error.message === 'string' && /batch/i.test(error.message)
  }
  if (Array.isArray(body)) return body.length > 0 && body.every(saysSo)
  return saysSo(body) || (isObject(body) && isObject(body.error) && body.error.code === -32600)
}
