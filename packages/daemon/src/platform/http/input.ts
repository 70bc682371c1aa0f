import {
  bodySource,
  didYouMean,
  Failure,
  inputSchema,
  type JsonSchema,
  type Operation,
  pathNames,
  withoutAliases,
} from '@waiaas/contract'
import type { Context } from 'hono'
import type { z } from 'zod'
import type { HttpEnv } from './types.ts'

type Decoder = (text: string) => unknown
type Issue = { path: string; message: string }
export type ReadInput = (c: Context<HttpEnv>) => Promise<unknown>

const MOST_ISSUES = 20

/** Reads and validates the input of one operation from path, query and body. Fails with 400 codes, 413 and 415. */
export function inputReader(op: Operation, bodyLimit: number): ReadInput {
  const { properties = {} } = inputSchema(op)
  const decoders = new Map(Object.entries(properties).map(([field, schema]) => [field, decoderOf(schema)]))
  const inPath = pathNames(op.path)
  const fromBody = bodySource(op) === 'body'
  const ignored = op.ignored ?? []
  return async (c) => {
    const query = readQuery(op, c, { decoders, fromBody })
    const body = fromBody ? await readBody(c, bodyLimit) : undefined
    const given = body ? merge(query, withoutAliases(op, body)) : query
    for (const field of ignored) delete given[field]
    for (const name of inPath) {
      if (Object.hasOwn(given, name)) throw invalid([{ path: name, message: 'belongs in the path only' }])
      given[name] = c.req.param(name)
    }
    const nul = Object.keys(given).find((name) => holdsNul(given[name]))
    if (nul !== undefined) throw invalid([{ path: nul.slice(0, 100), message: 'expected text without NUL characters' }])
    op.refuse?.(given)
    const parsed = op.input.safeParse(given)
    if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => issuesOf(issue, op)))
    return parsed.data
  }
}

const decoderOf = (schema: JsonSchema): Decoder => {
  if (schema.type === 'boolean') return (text) => (text === 'true' ? true : text === 'false' ? false : text)
  if (schema.type === 'integer' || schema.type === 'number')
    return (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text)
  return (text) => text
}

function readQuery(
  op: Operation,
  c: Context<HttpEnv>,
  { decoders, fromBody }: { decoders: ReadonlyMap<string, Decoder>; fromBody: boolean },
): Record<string, unknown> {
  if (!c.req.url.includes('?')) return {}
  const given: Record<string, unknown> = {}
  for (const [name, text] of new URL(c.req.url).searchParams) {
    if (name === '__proto__') throw invalid([{ path: name, message: 'unknown field' }])
    if (Object.hasOwn(given, name)) throw invalid([{ path: name.slice(0, 100), message: 'given more than once' }])
    given[name] = text
  }
  const named = withoutAliases(op, given)
  for (const [name, text] of Object.entries(named)) {
    if (fromBody && !op.alsoQuery?.includes(name) && !op.ignored?.includes(name))
      throw invalid([{ path: name.slice(0, 100), message: 'not read from the query; send it in the body' }])
    named[name] = decoders.get(name)?.(String(text)) ?? text
  }
  return named
}

/** Fields of the query fill what the body lacks; two that differ are refused. */
function merge(query: Record<string, unknown>, body: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(query)) {
    if (Object.hasOwn(body, name) && body[name] !== value)
      throw invalid([{ path: name.slice(0, 100), message: 'differs between query and body' }])
  }
  return { ...query, ...body }
}

async function readBody(c: Context<HttpEnv>, limit: number): Promise<Record<string, unknown>> {
  const text = await readText(c, limit)
  if (text.trim() === '') return {}
  requireJson(c.req.header('content-type'))
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(
      'MALFORMED_JSON',
      `expected one JSON object, got ${Array.isArray(value) ? 'an array' : String(value === null ? value : typeof value)}`,
    )
  if (Object.hasOwn(value, '__proto__')) throw invalid([{ path: '__proto__', message: 'unknown field' }])
  return value as Record<string, unknown>
}

/** A web page can send other types to any address without asking first. */
function requireJson(type = 'none'): void {
  const [essence, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  const isUtf8 = parameters.every((each) => !each.startsWith('charset=') || /^charset="?utf-8"?$/.test(each))
  if (essence === 'application/json' && isUtf8) return
  throw new Failure('UNSUPPORTED_MEDIA_TYPE', `expected the content-type application/json, got ${type.slice(0, 100)}`)
}

/** Text that PostgreSQL does not store. Walks by hand: a body may be nested deeper than a stack. */
function holdsNul(value: unknown): boolean {
  const open = [value]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one === 'string' && one.includes('\0')) return true
    if (typeof one !== 'object' || one === null) continue
    for (const [name, inner] of Object.entries(one)) {
      if (name.includes('\0')) return true
      open.push(inner)
    }
  }
  return false
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The engine's message quotes the text, which may hold a secret.
    throw new Failure('MALFORMED_JSON', 'expected one JSON object, got text that is not JSON', { cause })
  }
}

async function readText(c: Context<HttpEnv>, limit: number): Promise<string> {
  const declared = c.req.header('content-length')
  if (declared !== undefined && Number(declared) > limit) throw tooLarge(limit)
  // A declared length is kept by Node's parser; only a chunked body has to be counted.
  if (declared !== undefined || !c.req.raw.body) return c.req.text()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const tooLarge = (limit: number): Failure => new Failure('PAYLOAD_TOO_LARGE', `expected at most ${limit} bytes`)

function issuesOf(issue: z.core.$ZodIssue, op: Operation): Issue[] {
  const at = (more: readonly PropertyKey[]) => [...issue.path, ...more].map(String).join('.').slice(0, 200)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: at([key]),
      message: `unknown field${didYouMean(key, namesAt(op, issue.path))}`,
    }))
  const option = issue.code === 'invalid_union' ? meantOption(issue) : undefined
  if (option)
    return option.flatMap((inner) =>
      issuesOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, op),
    )
  return [{ path: at([]), message: issue.message }]
}

/** What is wrong by the option of a choice that has the type of what came; undefined where none or several have. */
function meantOption({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const [option, another] = errors.filter((issues) =>
    issues.every(({ code, path }) => code !== 'invalid_type' || path.length > 0),
  )
  return another ? undefined : option
}

/** The fields of the object at a path; none where the schema names none. */
function namesAt(op: Operation, path: readonly PropertyKey[]): string[] {
  let schema: JsonSchema | undefined = inputSchema(op)
  for (const step of path) {
    schema = typeof step === 'string' ? schema?.properties?.[step] : schema?.items
    schema = schema?.anyOf?.find(({ properties }) => properties) ?? schema
  }
  return Object.keys(schema?.properties ?? {})
}

function invalid(all: readonly Issue[]): Failure {
  const issues = all.slice(0, MOST_ISSUES)
  const first = issues[0]
  return new Failure('ACTION_VALIDATION_FAILED', first ? `${first.path}: ${first.message}` : 'invalid input', {
    details: { issues },
  })
}
