import type { FailureBody } from './failure.ts'

import { bodySource, type CallOptions, type Client, type Operation, type Operations, pathNames } from './operation.ts'
import { secondsToWait } from './waiting.ts'

/** One HTTP request that an operation needs; `path` has its query. */
export type HttpCall = {
  readonly operation: Operation
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Seconds that the daemon may take for its answer because it was asked to wait. */
  readonly wait: number
  readonly options: CallOptions
}

/** Sends one call: the place for base URL, credentials, deadlines and repeats. */
export type Transport = (call: HttpCall) => Promise<Response>

/** An error answer of the daemon, or (status 0) the lack of one. */
export class WAIaaSError extends Error {
  override readonly name = 'WAIaaSError'
  readonly code: string
  readonly status: number
  readonly retryable: boolean
  readonly details: Record<string, unknown> | undefined
  readonly requestId: string | undefined
  readonly hint: string | undefined
  /** Seconds after which a repeat makes sense, where the daemon said so. */
  readonly retryAfter: number | undefined

  constructor(body: FailureBody & { status: number; retryAfter?: number | undefined }, cause?: unknown) {
    super(body.message, cause === undefined ? undefined : { cause })
    this.code = body.code
    this.status = body.status
    this.retryable = body.retryable
    this.details = body.details
    this.requestId = body.requestId
    this.hint = body.hint
    this.retryAfter = body.retryAfter
  }

  get isRetryable(): boolean {
    return this.retryable
  }

  toJSON(): Record<string, unknown> {
    const { code, status, message, retryable, details, requestId, hint } = this
    return { code, status, message, retryable, details, requestId, hint }
  }
}

/** A method per operation. Answers are not validated: a newer daemon may say more. Throws `WAIaaSError`. */
export function client<const Ops extends Operations>(operations: Ops, transport: Transport): Client<Ops> {
  const methods = Object.entries(operations).map(([name, op]) => [
    name,
    async (input: Record<string, unknown> = {}, options: CallOptions = {}) =>
      readAnswer(await transport(httpCall(op, input, options))),
  ])
  // The table's types give each method its input and output.
  return Object.fromEntries(methods) as Client<Ops>
}

/** The request of one operation: path filled in, the rest in query or body, an Idempotency-Key where money moves. */
export function httpCall(op: Operation, input: Record<string, unknown>, options: CallOptions = {}): HttpCall {
  const inPath = pathNames(op.path)
  const path = op.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathValue(name, input[name]))
  const rest = Object.entries(input).filter(([name, value]) => !inPath.includes(name) && value !== undefined)
  const hasBody = bodySource(op) === 'body'
  const query = hasBody ? '' : new URLSearchParams(rest.map(([name, value]) => [name, String(value)])).toString()
  const key = op.idempotent ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined
  return {
    operation: op,
    method: op.method,
    path: query ? `${path}?${query}` : path,
    headers: {
      accept: 'application/json',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    },
    body: hasBody ? JSON.stringify(Object.fromEntries(rest)) : undefined,
    wait: secondsToWait(input),
    options,
  }
}

function pathValue(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value !== '.' && value !== '..') return encodeURIComponent(value)
  throw new WAIaaSError({
    code: 'VALIDATION_ERROR',
    status: 0,
    message: `${name}: expected a text that is not empty`,
    retryable: false,
  })
}

/** The body of a success, or the error that an answer tells of, thrown. */
export async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text()
  if (!response.ok) throw errorOf(response, text)
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = `expected JSON from the daemon, got ${response.headers.get('content-type') ?? 'something else'}`
    throw new WAIaaSError({ code: 'INVALID_ANSWER', message, status: response.status, retryable: false }, cause)
  }
}

/** The error that a refused call's answer tells of. */
export function errorOf(response: Response, text: string): WAIaaSError {
  const body = errorBody(text)
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new WAIaaSError({
    code: body?.code ?? `HTTP_${response.status}`,
    message: body?.message ?? `the server answered ${response.status} without an error body`,
    retryable: body?.retryable ?? response.status >= 500,
    status: response.status,
    ...(body?.details && { details: body.details }),
    ...(body?.requestId && { requestId: body.requestId }),
    ...(body?.hint && { hint: body.hint }),
    ...(wait >= 0 && { retryAfter: wait }),
  })
}

function errorBody(text: string): FailureBody | undefined {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'code' in body && 'message' in body
      ? (body as FailureBody)
      : undefined
  } catch {
    return undefined
  }
}
