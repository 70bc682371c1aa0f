import type { z } from 'zod'
import type { FailureCode } from './failure.ts'
import { namedFields } from './names.ts'

/**
 * A `stopper` may stop and nothing else: who reaches the socket in the data directory, or holds a stop token. A `viewer` is an
 * owner who only looks.
 */
export type Caller = 'agent' | 'owner' | 'operator' | 'stopper' | 'viewer'
/** Who may call: everybody, or any of the named kinds of caller. */
export type Access = 'public' | readonly [Caller, ...Caller[]]
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * One endpoint, described once. Routes, validation, authorisation, OpenAPI, the SDK, MCP tools and CLI commands are derived from it.
 * `input` is one flat object: names in `{}` come from the path, the rest from the query (GET, DELETE) or the JSON body.
 */
export type Operation<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodType = z.ZodType,
  A extends Access = Access,
> = {
  readonly method: Method
  readonly path: `/${string}`
  readonly access: A
  /** An agent may call it while the kill switch is on; nothing else answers an agent then. */
  readonly whileStopped?: boolean
  readonly summary: string
  readonly input: I
  readonly output: O
  /** HTTP status of success; 204 answers without a body. */
  readonly status: 200 | 201 | 204
  readonly errors: readonly FailureCode[]
  /** Groups operations in the API reference. */
  readonly tag: string
  /** Other wire names of an input field, for example `{ walletId: ['wallet_id'] }`. */
  readonly aliases?: Partial<Record<string, readonly string[]>>
  /** What older clients write in another shape, as it is written now. */
  readonly formerly?: (input: Record<string, unknown>) => Record<string, unknown>
  /** Fields of older clients that are accepted without effect. */
  readonly ignored?: readonly string[]
  /** Where inputs travel that are not in the path, when the method does not say: a DELETE with a JSON body. */
  readonly bodyFrom?: 'body' | 'query'
  /** Fields of a body that may come in the query as well. */
  readonly alsoQuery?: readonly string[]
  /** The name of the MCP tool, snake_case. Only for what an agent or everybody may call. */
  readonly tool?: string
  /** The fields of the answer, or of each of its items, that a tool shows, where they say something: the rest is for programs. */
  readonly toolShows?: readonly string[]
  /** What clients are told of the tool, where it differs from what the method says. */
  readonly hints?: Partial<Record<'readOnlyHint' | 'idempotentHint' | 'openWorldHint', boolean>>
  /** The CLI command, noun and verb. */
  readonly command?: string
  /** Fields that the command takes without a flag too, after those of the path. */
  readonly places?: readonly string[]
  /** What somebody could type behind the name of the command, where its fields alone make no good example. */
  readonly example?: string
  /** In place of one tool and one command: several, each for a part of what the operation takes. */
  readonly forms?: readonly Form[]
  /** What is gone for good, as a person is asked before the command does it. A stop never asks. */
  readonly destroys?: string
  /**
   * Who is logged in may do it without the master password: what changes nothing (`looks`), as whoever may only look does
   * too, or what takes something back (`acts`).
   */
  readonly whileLoggedIn?: 'looks' | 'acts'
  /** What the command says where no daemon runs, when it could be thought to work then. */
  readonly whenDown?: string
  /** It can let more out than before: its evidence then says so, and is a warning; and owners who have verified have to agree. */
  readonly mayLoosen?: boolean
  /** The call moves money: it takes an `Idempotency-Key`. */
  readonly idempotent?: boolean
  /** Another status of success, when a boolean input field is true: a dry run answers 200 where a send answers 201. */
  readonly alternative?: { readonly status: 200 | 201; readonly when: string }
  /** A list that is also served as a stream of server-sent events, to whoever asks for text/event-stream. */
  readonly streams?: boolean
  /** Most bytes of an agent's body that is larger by nature than others. */
  readonly maxBody?: number
  /** Looks at the raw input before its schema does; throws a Failure where that is clearer than a list of issues. */
  readonly refuse?: (input: Record<string, unknown>) => void
}

/** A tool, a command or both, for an operation or a part of what it takes. */
export type Form = {
  readonly tool?: string | undefined
  readonly command?: string | undefined
  readonly summary: string
  /** What somebody could type behind the name of the command. */
  readonly example?: string
  /** The fields that it shows; all where none are named. */
  readonly fields?: readonly string[]
  /** What they are, where it can be said better than for the whole. */
  readonly descriptions?: Readonly<Record<string, string>>
  /** Fields that the part cannot do without, beside those that the whole cannot. */
  readonly required?: readonly string[]
  /** The same of a tool, which takes amounts in whole units alone. */
  readonly needs?: readonly string[]
  /** Fields that have fewer values here; one that has a single value need not be said. */
  readonly values?: Readonly<Record<string, readonly [string, ...string[]]>>
}
export const formsOf = ({ forms, tool, command, summary }: Operation): readonly Form[] =>
  forms ?? [{ tool, command, summary }]

/** The fields of a form that have a single value. */
export const fixedOf = ({ values = {} }: Form): Record<string, string> =>
  Object.fromEntries(Object.entries(values).flatMap(([field, of]) => (of.length === 1 ? [[field, of[0]]] : [])))

type Described<I extends z.ZodObject, O extends z.ZodType, A extends Access> = Omit<Operation<I, O, A>, 'status'> & {
  readonly status?: 200 | 201 | 204
}

/** Defines an operation; `status` is 200 unless given. */
export function operation<const I extends z.ZodObject, const O extends z.ZodType, const A extends Access>(
  definition: Described<I, O, A>,
): Operation<I, O, A> {
  return { status: 200, ...definition }
}

// The table's constraint is loose on purpose: a precise one doubles the type checker's work.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Operations = Record<string, Operation<any, any, any>>
export type Input<Op extends Operation> = z.input<Op['input']>
export type Parsed<Op extends Operation> = z.output<Op['input']>
export type Output<Op extends Operation> = z.input<Op['output']>
export type Wire<Op extends Operation> = z.output<Op['output']>

/** The kinds of caller that an access admits. */
export type CallerOf<A extends Access> = A extends readonly Caller[] ? A[number] : 'public'
/**
 * One function per operation; a missing, misnamed or wrongly typed handler does not compile. `Contexts` says what a handler
 * is told of each kind of caller; it is told of those alone that its operation admits.
 */
export type Handlers<Ops extends Operations, Contexts extends Record<Caller | 'public', unknown>> = {
  [Name in keyof Ops]: (
    context: Contexts[CallerOf<Ops[Name]['access']>],
    input: Parsed<Ops[Name]>,
  ) => Promise<Output<Ops[Name]>> | Output<Ops[Name]>
}
/** A method per operation; the input may be left out where no field is required. */
export type Client<Ops extends Operations> = {
  [Name in keyof Ops]: Call<Input<Ops[Name]>, Wire<Ops[Name]>>
}
type Call<In, Out> =
  Record<never, never> extends In
    ? (input?: In, options?: CallOptions) => Promise<Out>
    : (input: In, options?: CallOptions) => Promise<Out>
export type CallOptions = {
  idempotencyKey?: string
  signal?: AbortSignal
  masterPassword?: string
  /** What an owner of the wallet signed for the call. */
  owner?: OwnerWord
  /** `wai_view_…`, with which an owner looks at what waits. */
  view?: string
}
/** The message of a challenge, and the owner's signature of it: 0x and hex, or base64. */
export type OwnerWord = { readonly address: string; readonly message: string; readonly signature: string }

/** What any operation may answer beside its own errors; `public` ones without the authentication codes. */
export const commonFailures = [
  'ACTION_VALIDATION_FAILED',
  'RATE_LIMITED',
  'HOST_NOT_ALLOWED',
  'SHUTTING_DOWN',
  'STORAGE_UNAVAILABLE',
  'INTERNAL_ERROR',
] as const satisfies readonly FailureCode[]
export const bodyFailures = [
  'MALFORMED_JSON',
  'UNSUPPORTED_MEDIA_TYPE',
  'PAYLOAD_TOO_LARGE',
] as const satisfies readonly FailureCode[]
export const accessFailures = {
  agent: ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_REVOKED', 'SESSION_NOT_FOUND', 'SYSTEM_LOCKED', 'KEYSTORE_LOCKED'],
  operator: [
    'INVALID_MASTER_PASSWORD',
    'MASTER_PROOF_REFUSED',
    'MASTER_PASSWORD_LOCKED',
    'VIEW_ONLY',
    'SYSTEM_LOCKED',
    'KEYSTORE_LOCKED',
  ],
  owner: ['INVALID_SIGNATURE', 'INVALID_NONCE', 'OWNER_NOT_CONNECTED', 'CHAIN_ERROR'],
  stopper: ['INVALID_TOKEN'],
  viewer: ['INVALID_TOKEN', 'TOKEN_EXPIRED'],
} as const satisfies Record<Caller, readonly FailureCode[]>

/** Where an input means something by its name: nothing is called so, or several are. */
const nameFailures = ['WALLET_NOT_FOUND', 'WALLET_ID_REQUIRED'] as const satisfies readonly FailureCode[]

/** Every code an operation may fail with: its own and those that its access, method and input bring. */
export function failuresOf(op: Operation): FailureCode[] {
  const codes = new Set<FailureCode>([...op.errors, ...commonFailures])
  if (bodySource(op) === 'body') for (const code of bodyFailures) codes.add(code)
  if (op.access !== 'public') for (const caller of op.access) for (const code of accessFailures[caller]) codes.add(code)
  if (op.idempotent) codes.add('IDEMPOTENCY_KEY_REUSED')
  if (op.mayLoosen) codes.add('OWNER_CONSENT_REQUIRED')
  if (namedFields(op.input).length > 0) for (const code of nameFailures) codes.add(code)
  return [...codes]
}

/** The names in `{}` of a path. */
export const pathNames = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)

/** Where an operation's other inputs travel. */
export const bodySource = (op: Operation): 'query' | 'body' =>
  op.bodyFrom ?? (op.method === 'GET' || op.method === 'DELETE' ? 'query' : 'body')

/** The input as it is written now, with each alias under its own name; a field that is given under both names keeps the alias, which is then unknown. */
export function withoutAliases(op: Operation, input: Record<string, unknown>): Record<string, unknown> {
  const result = op.formerly ? { ...op.formerly(input) } : { ...input }
  for (const [field, names] of Object.entries(op.aliases ?? {})) {
    for (const name of names ?? []) {
      if (!Object.hasOwn(result, name) || Object.hasOwn(result, field)) continue
      result[field] = result[name]
      delete result[name]
    }
  }
  return result
}

export const mayCall = (op: Operation, caller: Caller): boolean => op.access === 'public' || op.access.includes(caller)

/** It only takes rights away, so that it has doors of its own. */
export const isStop = (op: Operation): boolean => op.access !== 'public' && op.access.includes('stopper')

/** What a heading or a list says of it. */
export const firstSentence = (summary: string): string => summary.replace(/\. .*/s, '.')
