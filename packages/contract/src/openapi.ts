import { type FailureCode, failures } from './failure.ts'
import { inputSchema, type JsonSchema, outputSchema } from './json-schema.ts'
import {
  type Access,
  bodySource,
  failuresOf,
  firstSentence,
  type Operation,
  type Operations,
  pathNames,
} from './operation.ts'
import { exampleOf, SENT } from './reference-examples.ts'
import { models } from './reference-models.ts'
import { titleOf } from './reference-titles.ts'

type Json = Record<string, unknown>

const owner = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description })

const securitySchemes = {
  masterAuth: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Master-Password',
    description: 'the operator: the master password',
  },
  masterProof: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Master-Proof',
    description: 'the operator: the master password for this call, sealed to the key of GET /v1/admin/sealing-key',
  },
  sessionAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'wai_sess_ and a JWT',
    description: 'an agent: the token of a session',
  },
  stopAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'wai_stop_ and random characters',
    description: 'whoever may only stop: a stop token',
  },
  viewAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'wai_view_ and random characters',
    description: 'an owner who only looks: the token of POST /v1/owner/view',
  },
  ownerSignature: owner('X-Owner-Signature', "an owner: the signature of the challenge's message"),
  ownerMessage: owner('X-Owner-Message', 'an owner: the message that was signed'),
  ownerAddress: owner('X-Owner-Address', "an owner: the owner's address"),
}

const requirement = {
  agent: [{ sessionAuth: [] }],
  operator: [{ masterAuth: [] }, { masterProof: [] }],
  owner: [{ ownerSignature: [], ownerMessage: [], ownerAddress: [] }],
  stopper: [{ stopAuth: [] }],
  viewer: [{ viewAuth: [] }],
}
const securityOf = (access: Access): Json[] =>
  access === 'public' ? [] : access.flatMap((caller): readonly Json[] => requirement[caller])

const CODES = Object.keys(failures) as FailureCode[]
const STATUSES = [...new Set(CODES.map((code) => failures[code].status))].sort()
const errorName = (status: number): string => `Error${status}`

const errorSchemas = {
  ErrorCode: { type: 'string', enum: CODES, description: 'stable; what a program decides on' },
  Error: {
    type: 'object',
    required: ['code', 'message', 'retryable'],
    properties: {
      code: { $ref: '#/components/schemas/ErrorCode' },
      message: { type: 'string', description: 'for people; may change' },
      retryable: { type: 'boolean', description: 'the same request may succeed later' },
      details: { type: 'object', additionalProperties: true },
      requestId: { type: 'string', description: 'as in the header X-Request-Id and in the log' },
      hint: { type: 'string', description: 'what to do' },
    },
  },
}

const content = (schema: unknown, example?: unknown) => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
})
const requestId = { 'X-Request-Id': { schema: { type: 'string' } } }

/** One answer for each status of a failure. */
const errorResponses = Object.fromEntries(
  STATUSES.map((status) => [
    errorName(status),
    {
      description: CODES.filter((code) => failures[code].status === status).join(', '),
      headers:
        status === 429
          ? { ...requestId, 'Retry-After': { schema: { type: 'integer' }, description: 'seconds' } }
          : requestId,
      content: content({ $ref: '#/components/schemas/Error' }),
    },
  ]),
)

/** The whole API as OpenAPI 3.1. */
export function openapi(operations: Operations, options: { version: string }): Json {
  const paths: Record<string, Json> = {}
  const known = models(wholesOf(operations))
  for (const [name, op] of Object.entries(operations)) {
    paths[op.path] = { ...paths[op.path], [op.method.toLowerCase()]: describe(name, op, known) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'WAIaaS',
      version: options.version,
      description:
        'Self-hosted wallets for AI agents. Unknown fields are refused. Amounts are base units as digits, times unix seconds.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: [...new Set(Object.values(operations).map((op) => title(op.tag)))].map((name) => ({ name })),
    paths,
    components: { securitySchemes, schemas: { ...errorSchemas, ...known.schemas }, responses: errorResponses },
  }
}

const title = (tag: string): string => tag.charAt(0).toUpperCase() + tag.slice(1)

type Known = ReturnType<typeof models>

/** What is sent and answered as a whole, by the names of the operations. */
function wholesOf(operations: Operations): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(operations).flatMap(([name, op]): [string, Json][] => {
      const [{ body }, model] = [sentBy(op), title(name)]
      return [
        ...(body ? [[`${model}Request`, body] satisfies [string, Json]] : []),
        ...(op.status === 204 ? [] : [[`${model}Answer`, outputSchema(op)] satisfies [string, Json]]),
      ]
    }),
  )
}

/** Where the fields travel, and what the body is made of them. */
function sentBy(op: Operation) {
  const { properties = {}, required = [] } = inputSchema(op)
  const inPath = pathNames(op.path)
  const rest = Object.keys(properties).filter((field) => !inPath.includes(field))
  const fromBody = bodySource(op) === 'body' && rest.length > 0
  const inQuery = fromBody ? rest.filter((field) => op.alsoQuery?.includes(field)) : rest
  const must = required.filter((field) => rest.includes(field) && !op.alsoQuery?.includes(field))
  const body = fromBody && {
    type: 'object',
    properties: Object.fromEntries(rest.map((field) => [field, properties[field]])),
    additionalProperties: false,
    ...(must.length > 0 && { required: must }),
  }
  return { properties, required, inPath, inQuery, body }
}

function describe(name: string, op: Operation, known: Known): Json {
  const { properties, required, inPath, inQuery, body } = sentBy(op)
  const sent = SENT[name] ?? (exampleOf({ properties, required }, 'sent') as Json)
  return {
    operationId: name,
    summary: titleOf(name, op),
    description: notes(name, op),
    tags: [title(op.tag)],
    security: securityOf(op.access),
    parameters: [
      ...inPath.map((field) => parameter(field, properties[field], { in: 'path', required: true, sent })),
      ...inQuery.map((field) =>
        parameter(field, properties[field], { in: 'query', required: !body && required.includes(field), sent }),
      ),
      ...(op.idempotent ? [idempotencyKey] : []),
    ],
    ...(body && { requestBody: requestBody(body, { sent, known }) }),
    responses: { ...successes(op, known), ...errors(op) },
  }
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'one key per payment; the same key and request always get the same answer',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

type Place = { in: 'path' | 'query'; required: boolean; sent: Json }

function parameter(name: string, schema: JsonSchema | undefined, { sent, ...place }: Place): Json {
  const { description, ...rest } = schema ?? {}
  const example = sent[name] ?? (place.in === 'path' ? exampleOf(rest, 'sent', name) : undefined)
  return {
    name,
    ...place,
    ...(description && { description }),
    ...(example !== undefined && { example }),
    schema: rest,
  }
}

function requestBody(body: Json, { sent, known }: { sent: Json; known: Known }): Json {
  const example = Object.fromEntries(Object.entries(sent).filter(([field]) => field in (body.properties as Json)))
  return { required: body.required !== undefined, content: content(known.refTo(body), example) }
}

function notes(name: string, op: Operation): string {
  const aliases = Object.entries(op.aliases ?? {}).map(
    ([field, names]) => `\`${field}\` may also be called ${code(names ?? [])}.`,
  )
  const ignored = op.ignored?.length ? [`Accepted without effect: ${code(op.ignored)}.`] : []
  const query = op.alsoQuery?.length ? [`Also read from the query: ${code(op.alsoQuery)}.`] : []
  const other = op.alternative ? [`Answers ${op.alternative.status} when \`${op.alternative.when}\` is true.`] : []
  const who = op.access === 'public' ? 'Open to everybody.' : `Callers: ${op.access.join(' or ')}.`
  const more =
    titleOf(name, op) !== firstSentence(op.summary)
      ? op.summary
      : op.summary.slice(firstSentence(op.summary).length).trim()
  return [...(more ? [more] : []), who, ...other, ...aliases, ...query, ...ignored].join(' ')
}

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

function successes(op: Operation, known: Known): Json {
  if (op.status === 204) return { 204: { description: 'done, without a body', headers: requestId } }
  const stream = op.streams && { 'text/event-stream': { schema: { type: 'string' } } }
  const schema = outputSchema(op)
  const shown = content(known.refTo(schema), exampleOf(schema, 'answered'))
  const answer = { description: 'done', headers: requestId, content: { ...shown, ...stream } }
  return { [op.status]: answer, ...(op.alternative && { [op.alternative.status]: answer }) }
}

/** The codes of each status, which an operation's description lists, refer to the answer that all of that status have. */
function errors(op: Operation): Json {
  const byStatus = Object.groupBy(failuresOf(op), (failure) => failures[failure].status)
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      { $ref: `#/components/responses/${errorName(Number(status))}`, description: codes.join(', ') },
    ]),
  )
}
