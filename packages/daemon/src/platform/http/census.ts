import {
  accessFailures,
  bodySource,
  type Caller,
  type Method,
  mayCall,
  type Operation,
  type Operations,
  pathNames,
} from '@waiaas/contract'

export type CensusCaller = { readonly kind: Caller | 'public'; readonly headers: Readonly<Record<string, string>> }
type Send = (request: Request) => Promise<Response>
type Answer = { status: number; code: string | undefined; issues: string }

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const OTHER_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'text/plain; a=application/json']
const SOME_ID = '01900000-0000-7000-8000-000000000000'
const REFUSALS: readonly string[] = Object.values(accessFailures).flat()

/**
 * Calls every operation as every kind of caller, and wrongly in each way that must be refused before a handler runs.
 * Answers what was not refused as it should be; a sound server gives an empty list. Never reaches a handler of one.
 */
export async function census(send: Send, operations: Operations, callers: readonly CensusCaller[]): Promise<string[]> {
  const found: string[] = []
  for (const [name, op] of Object.entries(operations)) {
    for (const caller of callers) {
      if (isAllowed(op, caller.kind)) found.push(...(await wrongInputs(send, { name, op }, caller)))
      else found.push(...(await refusedCaller(send, { name, op }, caller)))
    }
  }
  return [...found, ...(await wrongMethods(send, operations, callers))]
}

const isAllowed = (op: Operation, kind: CensusCaller['kind']): boolean =>
  op.access === 'public' || (kind !== 'public' && mayCall(op, kind))

type Named = { name: string; op: Operation }

async function refusedCaller(send: Send, { name, op }: Named, caller: CensusCaller): Promise<string[]> {
  const { status, code } = await answer(send, request(op, caller, {}))
  return status === 401 && code && REFUSALS.includes(code)
    ? []
    : [`${name} answered ${status} ${code} to ${caller.kind}`]
}

async function wrongInputs(send: Send, { name, op }: Named, caller: CensusCaller): Promise<string[]> {
  const found: string[] = []
  const unknown = await answer(send, request(op, caller, { nonsense: 'x' }))
  const named = unknown.code === 'ACTION_VALIDATION_FAILED' && unknown.issues.includes('"path":"nonsense"')
  if (unknown.status !== 400 || !named)
    found.push(`${name} answered ${unknown.status} ${unknown.code} to an unknown field`)
  if (bodySource(op) === 'query') return found
  for (const text of ['{', '[]', '"x"', 'null', '{"a":1}}']) {
    const { status, code } = await answer(send, request(op, caller, text))
    if (status !== 400 || code !== 'MALFORMED_JSON')
      found.push(`${name} answered ${status} ${code} to the body ${text}`)
  }
  for (const type of OTHER_TYPES) {
    const wrong = request(op, caller, { nonsense: 'x' })
    wrong.headers.set('content-type', type)
    const { status, code } = await answer(send, wrong)
    if (status !== 415 || code !== 'UNSUPPORTED_MEDIA_TYPE')
      found.push(`${name} answered ${status} ${code} to a body of ${type}`)
  }
  return found
}

/** Each path answers only the methods that the table gives it. Where there is no route nobody is asked who calls: they take turns. */
async function wrongMethods(send: Send, operations: Operations, callers: readonly CensusCaller[]): Promise<string[]> {
  const found: string[] = []
  const table = Object.values(operations)
  const shape = (path: string) => path.replaceAll(/\{\w+\}/g, '{}')
  let turn = 0
  for (const path of new Set(table.map((op) => op.path))) {
    const known = table.filter((op) => shape(op.path) === shape(path)).map((op) => op.method)
    for (const method of METHODS.filter((one) => !known.includes(one))) {
      const wrong = new Request(url(path), { method, headers: { ...callers[turn++ % callers.length]?.headers } })
      const { status, code } = await answer(send, wrong)
      // A path without holes may be another one's hole: DELETE /a/b also is DELETE /a/{id}.
      const elsewhere = table.some((op) => op.method === method && matches(op.path, path))
      if (!elsewhere && (status !== 404 || code !== 'NOT_FOUND'))
        found.push(`${method} ${path} answered ${status} ${code}`)
    }
  }
  return found
}

const matches = (pattern: string, path: string): boolean => {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  return wanted.length === parts.length && wanted.every((part, at) => part.startsWith('{') || part === parts[at])
}

const url = (path: string): string =>
  `http://localhost${pathNames(path).reduce((whole, name) => whole.replace(`{${name}}`, SOME_ID), path)}`

function request(op: Operation, caller: CensusCaller, input: Record<string, string> | string): Request {
  const { method } = op
  if (bodySource(op) === 'body') {
    const body = typeof input === 'string' ? input : JSON.stringify(input)
    return new Request(url(op.path), {
      method,
      body,
      headers: { ...caller.headers, 'content-type': 'application/json' },
    })
  }
  const query = typeof input === 'string' ? '' : new URLSearchParams(input).toString()
  return new Request(`${url(op.path)}${query && `?${query}`}`, { method, headers: { ...caller.headers } })
}

async function answer(send: Send, wrong: Request): Promise<Answer> {
  const response = await send(wrong)
  const text = await response.text()
  if (!(response.headers.get('content-type') ?? '').startsWith('application/json'))
    return { status: response.status, code: undefined, issues: '' }
  const body = JSON.parse(text) as { code?: string; details?: { issues?: unknown } }
  return { status: response.status, code: body.code, issues: JSON.stringify(body.details?.issues ?? []) }
}
