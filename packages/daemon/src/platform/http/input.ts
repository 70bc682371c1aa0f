import {
  bodySource,
  didYouMean,
  exactNumber,
  Failure,
  inputSchema,
  type JsonSchema,
  type Operation,
  pathNames,
  plainIssue,
  withoutAliases,
} from '@waiaas/contract'
import type { Context } from 'hono'
import type { z } from 'zod'
import { readBody } from './body.ts'
import type { HttpEnv } from './types.ts'

type Decoder = (text: string) => unknown
type Decoders = ReadonlyMap<string, Decoder>
type Issue = { path: string; message: string }
/** `limit` is the most bytes of a body. */
export type ReadInput = (c: Context<HttpEnv>, limit: number) => Promise<unknown>

const MOST_KNOWN = 8
const MOST_ISSUES = 20

/** Reads and validates the input of one operation from path, query and body. Fails with 400 codes, 413 and 415. */
export function inputReader(op: Operation): ReadInput {
  const decoders = decodersOf(op)
  const inPath = pathNames(op.path)
  const fromBody = bodySource(op) === 'body'
  const ignored = op.ignored ?? []
  return async (c, limit) => {
    const query = readQuery(op, c, { decoders, fromBody })
    const body = fromBody ? await readBody(c, limit) : undefined
    const given = body ? merge(query, withoutAliases(op, body)) : query
    for (const field of ignored) delete given[field]
    for (const name of inPath) {
      if (Object.hasOwn(given, name)) throw invalid([{ path: name, message: 'belongs in the path only' }])
      given[name] = c.req.param(name)
    }
    const nul = Object.keys(given).find((name) => holdsNul(given[name]))
    if (nul !== undefined) throw invalid([{ path: nul.slice(0, 100), message: 'expected text without NUL characters' }])
    op.refuse?.(given)
    const parsed = op.input.safeParse(given, { error: plainIssue })
    if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => issuesOf(issue, op)))
    return parsed.data
  }
}

/** By field; made for the first query, for a schema takes longer to make than many requests to answer. */
function decodersOf(op: Operation): () => Decoders {
  let made: Decoders | undefined
  return () => {
    made ??= new Map(
      Object.entries(inputSchema(op).properties ?? {}).map(([field, schema]) => [field, decoderOf(schema)]),
    )
    return made
  }
}

const decoderOf = (schema: JsonSchema): Decoder => {
  if (schema.type === 'boolean') return (text) => (text === 'true' ? true : text === 'false' ? false : text)
  if (schema.type === 'integer' || schema.type === 'number') return (text) => exactNumber(text) ?? text
  return (text) => text
}

function readQuery(
  op: Operation,
  c: Context<HttpEnv>,
  { decoders, fromBody }: { decoders: () => Decoders; fromBody: boolean },
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
    named[name] = decoders().get(name)?.(String(text)) ?? text
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

function issuesOf(issue: z.core.$ZodIssue, op: Operation): Issue[] {
  const at = (more: readonly PropertyKey[]) => [...issue.path, ...more].map(String).join('.').slice(0, 200)
  if (issue.code === 'unrecognized_keys') {
    const known = namesAt(op, issue.path)
    // To look for what was meant takes longer than to read it: of no more keys than are told.
    return issue.keys
      .slice(0, MOST_ISSUES)
      .map((key) => ({ path: at([key]), message: `unknown field${didYouMean(key, known) || whatIsKnown(known)}` }))
  }
  const option = issue.code === 'invalid_union' ? meantOption(issue) : undefined
  if (option)
    return option.flatMap((inner) =>
      issuesOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, op),
    )
  return [{ path: at([]), message: `${issue.message}${whatItIs(op, issue)}` }]
}

/** What is wrong by the option of a choice that has the type of what came; undefined where none or several have. */
function meantOption({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const [option, another] = errors.filter((issues) =>
    issues.every(({ code, path }) => code !== 'invalid_type' || path.length > 0),
  )
  return another ? undefined : option
}

/** What could have been meant, where that is little to read. */
const whatIsKnown = (known: readonly string[]) =>
  known.length > 0 && known.length <= MOST_KNOWN ? `; expected ${known.join(', ')}` : ''

/** What the field is, for whoever left it out. */
function whatItIs(op: Operation, { code, path, message }: z.core.$ZodIssue): string {
  const isLeftOut = code === 'invalid_type' && message.endsWith(', got nothing')
  const what = isLeftOut ? schemaAt(op, path)?.description : undefined
  return what === undefined ? '' : ` (${what})`
}

/** The fields of the object at a path; none where the schema names none. */
const namesAt = (op: Operation, path: readonly PropertyKey[]): string[] =>
  Object.keys(schemaAt(op, path)?.properties ?? {})

function schemaAt(op: Operation, path: readonly PropertyKey[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = inputSchema(op)
  for (const step of path) {
    schema = typeof step === 'string' ? schema?.properties?.[step] : schema?.items
    schema = schema?.anyOf?.find(({ properties }) => properties) ?? schema
  }
  return schema
}

function invalid(all: readonly Issue[]): Failure {
  const issues = all.slice(0, MOST_ISSUES)
  const first = issues[0]
  return new Failure('ACTION_VALIDATION_FAILED', first ? `${first.path}: ${first.message}` : 'invalid input', {
    details: { issues },
  })
}
