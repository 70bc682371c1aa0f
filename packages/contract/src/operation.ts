import type { z } from 'zod'
import type { FailureCode } from './failure.ts'

export type Caller = 'agent' | 'owner' | 'operator'
/** Who may call: everybody, or any of the named kinds of caller. */
export type Access = 'public' | readonly [Caller, ...Caller[]]
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * One endpoint, described once. Routes, validation, authorisation, OpenAPI, the SDK, MCP tools and CLI commands are derived from it.
 * `input` is one flat object: names in `{}` come from the path, the rest from the query (GET, DELETE) or the JSON body.
 */
export type Operation<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> = {
  readonly method: Method
  readonly path: `/${string}`
  readonly access: Access
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
  /** Fields of older clients that are accepted without effect. */
  readonly ignored?: readonly string[]
  /** A DELETE that reads a JSON body, or a POST with fields in the query. */
  readonly bodyFrom?: 'body' | 'query'
  /** The name of the MCP tool, snake_case. Only for what an agent or everybody may call. */
  readonly tool?: string
  /** The CLI command, noun and verb. */
  readonly command?: string
  /** The call moves money: it takes an `Idempotency-Key`. */
  readonly idempotent?: boolean
  /** The statuses that success may have beside `status` (a dry run answers 200 where a send answers 201). */
  readonly alternatives?: readonly (200 | 201)[]
}

type Described<I extends z.ZodObject, O extends z.ZodType> = Omit<Operation<I, O>, 'status'> & {
  readonly status?: 200 | 201 | 204
}

/** Defines an operation; `status` is 200 unless given. */
export function operation<const I extends z.ZodObject, const O extends z.ZodType>(
  definition: Described<I, O>,
): Operation<I, O> {
  return { status: 200, ...definition }
}

// The table's constraint is loose on purpose: a precise one doubles the type checker's work.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Operations = Record<string, Operation<any, any>>
export type Input<Op extends Operation> = z.input<Op['input']>
export type Parsed<Op extends Operation> = z.output<Op['input']>
export type Output<Op extends Operation> = z.input<Op['output']>
export type Wire<Op extends Operation> = z.output<Op['output']>

/** One function per operation; a missing, misnamed or wrongly typed handler does not compile. */
export type Handlers<Ops extends Operations, Context> = {
  [Name in keyof Ops]: (context: Context, input: Parsed<Ops[Name]>) => Promise<Output<Ops[Name]>> | Output<Ops[Name]>
}
export type Client<Ops extends Operations> = {
  [Name in keyof Ops]: (input: Input<Ops[Name]>, options?: CallOptions) => Promise<Wire<Ops[Name]>>
}
export type CallOptions = { idempotencyKey?: string; signal?: AbortSignal; masterPassword?: string }

/** The names in `{}` of a path. */
export const pathNames = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)

/** Where an operation's other inputs travel. */
export const bodySource = (op: Operation): 'query' | 'body' =>
  op.bodyFrom ?? (op.method === 'GET' || op.method === 'DELETE' ? 'query' : 'body')

export const mayCall = (op: Operation, caller: Caller): boolean => op.access === 'public' || op.access.includes(caller)
