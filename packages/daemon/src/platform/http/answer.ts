import type { Failure } from '@waiaas/contract'
import type { Meta } from './types.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** An answer with a JSON body and the request's headers. */
export function jsonAnswer(meta: Meta, status: number, body: unknown): Response {
  meta.complete = true
  return new Response(JSON.stringify(body), { status, headers: { ...meta.headers, 'content-type': JSON_TYPE } })
}

export function emptyAnswer(meta: Meta): Response {
  meta.complete = true
  return new Response(null, { status: 204, headers: { ...meta.headers } })
}

/** The error body; Retry-After is there on every 429. */
export function failureAnswer(meta: Meta, failure: Failure): Response {
  meta.complete = true
  const { status } = failure
  const wait = failure.retryAfter ?? (status === 429 ? 1 : undefined)
  const headers = {
    ...meta.headers,
    'content-type': JSON_TYPE,
    ...(wait !== undefined && { 'retry-after': String(wait) }),
  }
  return new Response(JSON.stringify(failure.body(meta.requestId)), { status, headers })
}
