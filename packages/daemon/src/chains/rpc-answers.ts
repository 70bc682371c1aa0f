import type { Reply } from './rpc-http.ts'

export type NodeError = { readonly code: number; readonly message: string; readonly data?: unknown }
/** What a node said to one call, before its errors are judged. */
export type Said = { readonly result: unknown } | { readonly error: NodeError }
/** What a reply says to each of the calls, and to all that it leaves out; undefined where it says nothing. */
export type Heard = { readonly each: readonly (Said | undefined)[]; readonly all: NodeError | undefined }

/** Reads the reply to a single call. */
export function heardOne(reply: Reply): Heard {
  // Some servers answer a single call with a batch of one.
  const body = Array.isArray(reply.body) && reply.body.length === 1 ? (reply.body[0] as unknown) : reply.body
  const said = saidBy(body)
  return { each: [said], all: said ? undefined : statusError(reply.status) }
}

/** Reads the reply to a batch whose calls have the ids 0, 1, 2 and so on; what is said twice is not believed. */
export function heardBatch(reply: Reply, count: number): Heard {
  const items: readonly unknown[] = Array.isArray(reply.body) ? reply.body : []
  const byId = new Map<string, unknown>()
  const twice = new Set<string>()
  for (const item of items) {
    const id = isObject(item) ? String(item.id) : 'null'
    if (byId.has(id)) twice.add(id)
    byId.set(id, item)
  }
  const each = Array.from({ length: count }, (_, id) =>
    twice.has(String(id)) ? undefined : saidBy(byId.get(String(id))),
  )
  // An error without an id, or in place of the array, is about the request.
  const whole = saidBy(Array.isArray(reply.body) ? (byId.get('null') ?? byId.get('undefined')) : reply.body)
  const all = whole && 'error' in whole ? whole.error : statusError(reply.status)
  return { each, all }
}

const statusError = (status: number): NodeError | undefined =>
  status >= 200 && status < 300 ? undefined : { code: status, message: `HTTP ${status}` }

function saidBy(body: unknown): Said | undefined {
  if (!isObject(body)) return undefined
  if ('error' in body && body.error !== null) return { error: errorOf(body.error) }
  return 'result' in body ? { result: body.result } : undefined
}

function errorOf(error: unknown): NodeError {
  if (!isObject(error)) return { code: -32603, message: String(error) }
  const { code, message, data } = error
  const number = Number(code)
  return {
    code: typeof code !== 'object' && Number.isSafeInteger(number) ? number : -32603,
    message: typeof message === 'string' ? message : 'an error without a message',
    data,
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
