import { Failure } from '@waiaas/contract'
import { cutSignal } from '../platform/cut-off.ts'
import { parseExactly } from './exact-json.ts'
import { exchange, MOST_BYTES, TooLong } from './rpc-exchange.ts'

/** The endpoint itself failed: not reached, too slow, behind, or not speaking JSON-RPC. The text names no more than scheme and host. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError'
  readonly kind: EndpointFault
  constructor(message: string, kind: EndpointFault = 'failed') {
    super(message)
    this.kind = kind
  }
}
/**
 * `unreached`: no connection was made, nothing of what was to be sent has left. `late`: the deadline passed. `limited`: it
 * asks for time and has no fault.
 */
type EndpointFault = 'unreached' | 'late' | 'limited' | 'failed'

export type Target = {
  readonly href: string
  /** Scheme and host: paths and queries hold API keys. */
  readonly origin: string
  readonly headers: Record<string, string>
  redact(text: string): string
}

export function parseTarget(url: string): Target {
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
    parsed.username = ''
    parsed.password = ''
  }
  // Short parts are words of a path, such as "v2"; replacing them would only garble messages.
  const hidden = secrets.flatMap((part) => [part, decoded(part)]).filter((part) => part.length >= 6)
  return {
    href: parsed.href,
    origin: `${parsed.protocol}//${parsed.host}`,
    headers,
    redact: (text) => hidden.reduce((rest, part) => rest.replaceAll(part, '[redacted]'), text),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // Not an encoding; then there is no other form of it.
    return part
  }
}

/** `body` is undefined when it was no JSON; `looks` says in words what came. */
export type Reply = {
  readonly status: number
  readonly body: unknown
  readonly looks: string
  /** What the endpoint asked to be spared, in milliseconds. */
  readonly retryAfterMs?: number
}

/** One POST with one deadline. EndpointError when no answer came, or the answer is a redirect. */
export async function post(target: Target, body: unknown, timeoutMs: number): Promise<Reply> {
  const { status, headers, text } = await exchanged(target, JSON.stringify(body), timeoutMs)
  if (status >= 300 && status < 400) throw new EndpointError(redirected(target, headers.location))
  const retryAfterMs = readRetryAfter(headers['retry-after'])
  return { status, ...read(text), ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

async function exchanged(target: Target, body: string, timeoutMs: number): ReturnType<typeof exchange> {
  const cut = cutSignal()
  const { signal, isLate, end } = withinTime(timeoutMs, cut)
  try {
    return await exchange({ ...target, body, signal })
  } catch (error) {
    // Not the endpoint's fault, and no other one is asked.
    if (cut?.aborted) throw cutOff()
    if (error instanceof TooLong) throw new EndpointError(`${target.origin} answered more than ${MOST_BYTES / 1e6} MB`)
    if (isLate()) throw new EndpointError(`${target.origin} did not answer within ${timeoutMs} ms`, 'late')
    // The cause is left out: its text can hold the whole URL.
    const code = codeOf(error)
    if (code?.startsWith('Z_')) throw new EndpointError(`${target.origin} answered what cannot be decompressed`)
    const isUnreached = code !== undefined && BEFORE_CONNECTING.has(code)
    const reason = `could not be reached (${code ?? 'connection failed'})`
    throw new EndpointError(`${target.origin} ${reason}`, isUnreached ? 'unreached' : 'failed')
  } finally {
    end()
  }
}

/**
 * Aborts when the time is up, and when `cut` does. What is over before is to say so, so that nothing is left that aborts it
 * later: AbortSignal.timeout does so for each call, which costs a tenth of one.
 */
function withinTime(ms: number, cut: AbortSignal | undefined) {
  const controller = new AbortController()
  let isLate = false
  const abort = () => controller.abort()
  const timer = setTimeout(() => {
    isLate = true
    abort()
  }, ms).unref()
  cut?.addEventListener('abort', abort)
  if (cut?.aborted) abort()
  return {
    signal: controller.signal,
    isLate: () => isLate,
    end() {
      clearTimeout(timer)
      cut?.removeEventListener('abort', abort)
    },
  }
}

export const cutOff = (): Failure => new Failure('CHAIN_ERROR', 'a stop cut off what was being sent')

/** Errors of looking up a name and of opening a connection; each comes before the first byte. */
const BEFORE_CONNECTING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

function redirected(target: Target, location: string | undefined): string {
  const to = location !== undefined && URL.canParse(location, target.href) ? new URL(location, target.href) : undefined
  const origin = to && target.redact(`${to.protocol}//${to.host}`)
  return to === undefined || origin === target.origin
    ? `${target.origin} redirects to another path: set the address that it names`
    : `${target.origin} redirects to ${origin}: set that address instead`
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after. */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d{1,9}(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined
}

function read(text: string): Pick<Reply, 'body' | 'looks'> {
  if (text.trim() === '') return { body: undefined, looks: 'an empty body' }
  try {
    return { body: parseExactly(text), looks: 'JSON' }
  } catch {
    // What cannot be parsed is named by how it begins.
    return { body: undefined, looks: nameOf(text) }
  }
}

function nameOf(text: string): string {
  if (/^\s*</.test(text)) return 'an HTML page'
  return /^\s*[[{]/.test(text) ? 'JSON that breaks off' : 'something that is not JSON'
}
