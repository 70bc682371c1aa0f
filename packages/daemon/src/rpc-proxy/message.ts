import { ProxyError } from './errors.ts'

type Id = string | number | null
/** One request of JSON-RPC 2.0. One without an id wants no answer. */
export type Message = { readonly id: Id | undefined; readonly method: string; readonly params: readonly unknown[] }
export type Answer = { readonly jsonrpc: '2.0'; readonly id: Id } & (
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
)

export const INVALID_REQUEST = -32_600

/** The id of what may be a request; null of what has none that could be told. */
export function idOf(value: unknown): Id {
  const id = isObject(value) ? value.id : undefined
  return isId(id) ? id : null
}

/** Error -32600 of what is no request. */
export function readMessage(value: unknown): Message {
  if (!isObject(value)) throw new ProxyError(INVALID_REQUEST, 'expected a request of JSON-RPC 2.0: an object')
  const { jsonrpc, id, method, params = [] } = value
  if (jsonrpc !== '2.0') throw new ProxyError(INVALID_REQUEST, 'expected "jsonrpc": "2.0"')
  if (id !== undefined && !isId(id)) throw new ProxyError(INVALID_REQUEST, 'expected an id that is a text or a number')
  if (typeof method !== 'string' || method === '')
    throw new ProxyError(INVALID_REQUEST, 'expected the name of a method')
  if (!Array.isArray(params)) throw new ProxyError(-32_602, `${shown(method)}: expected params as a list`)
  return { id, method, params }
}

/** A name that somebody else chose, short and without what would disturb a line. */
export const shown = (text: string): string => text.slice(0, 60).replaceAll(/[^\w.:-]/g, '?')

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isId = (id: unknown): id is Id =>
  id === null || typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id))
