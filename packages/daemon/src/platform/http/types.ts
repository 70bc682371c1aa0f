import type { Socket } from 'node:net'
import type { Handlers, Operation, Operations, Settings } from '@waiaas/contract'
import type { Hono } from 'hono'
import type { CallerKind, Principal } from '../caller.ts'
import type { Log } from '../log.ts'
import type { Connections } from './connections.ts'
import type { IdOf } from './named.ts'

/** A message that brought a call. `isHere`: its sender still waits for the answer. */
export type CallMessage = { readonly id: string; readonly isHere: () => boolean }

/** What a handler knows of the request beside its input. */
export type Call<Kind extends CallerKind = CallerKind> = {
  readonly principal: Principal<Kind>
  readonly requestId: string
  /** The caller's address: of the socket, or as a trusted proxy forwards it. */
  readonly peer: string
  /** Scheme and host under which the caller reached the daemon. */
  readonly baseUrl: string
  /** Gives the answer a header. */
  readonly answerWith: (name: string, value: string) => void
  /** Only of operations that move money. */
  readonly idempotencyKey: string | undefined
  /** Where several come over one connection, such as tool calls of MCP: which of them it belongs to. */
  readonly message: CallMessage | undefined
  /** Says, once, whether the whole answer went out; `false` when the caller had gone, or got a fault of the daemon instead. */
  readonly onDelivered: (listener: (delivered: boolean) => void) => void
  /** Says that nobody waits for the answer any more; the function stops listening. */
  readonly onGone: (listener: () => void) => () => void
}

/** The calls that a handler gets, by kind of caller: for `Handlers` of the contract. */
export type Calls = { readonly [Kind in CallerKind]: Call<Kind> }

export type HttpSettings = Pick<
  Settings,
  | 'security.allowed_hosts'
  | 'server.public_url'
  | 'security.cors_origins'
  | 'security.trusted_proxies'
  | 'security.rate_limit_per_second'
  | 'security.rate_limit_burst'
  | 'security.rate_limit_public_per_second'
  | 'security.rate_limit_public_burst'
>

export type HttpOptions<Ops extends Operations> = {
  readonly operations: Ops
  readonly handlers: Handlers<Ops, Calls>
  /** Reads the credentials that the operation's access asks for. Fails with 401 codes; without credentials answers `public`. */
  readonly authenticate: (headers: Headers, operation: Operation, from: From) => Promise<Principal>
  /** Reads what an input names; before a handler sees it. Without one, names stay as they came. */
  readonly idOf?: IdOf
  readonly settings: () => HttpSettings
  readonly log: Log
  /** While true, everything but public operations and stops is refused with SHUTTING_DOWN. */
  readonly isStopping?: () => boolean
  /** Those of the server that serves this, where they are bounded. */
  readonly connections?: Connections
  /** In tests: an undeclared failure code rejects the request instead of being answered, and an answer that does not fit is a fault. */
  readonly strict?: boolean
  /** Milliseconds that never jump. */
  readonly monotonic?: () => number
}

export type FullOptions<Ops extends Operations> = HttpOptions<Ops> & {
  readonly version: string
  /** Adds routes that are not request and response of one operation; each decides about access by itself. */
  readonly raw?: readonly ((app: Hono<HttpEnv>) => void)[]
}

/** Who asks, and for what: the path with its query. */
export type From = { readonly peer: string; readonly path: string }

/** What is known of each request before its route. */
export type Meta = {
  readonly requestId: string
  readonly peer: string
  /** Scheme and host of the request. */
  readonly origin: string
  readonly headers: Record<string, string>
  /** Set once an answer carries `headers` already. */
  complete: boolean
}

export type HttpEnv = {
  Variables: { meta: Meta /** Once it is read. */; body?: string }
  Bindings: Partial<NodeBindings> & Standing
}
/**
 * Of a call that the daemon makes for a caller: as how many it counts, the message that asks for it, and how its caller is
 * known where no header says so.
 */
type Standing = {
  readonly counts?: number
  readonly message?: string | undefined
  readonly authenticate?: ((operation: Operation) => Promise<Principal>) | undefined
}
type NodeBindings = {
  readonly incoming: { readonly socket: Socket }
  readonly outgoing: {
    /** Whether the connection stays when this has been answered. */
    shouldKeepAlive: boolean
    readonly writableFinished: boolean
    readonly destroyed: boolean
    once(event: 'close', listener: () => void): unknown
    off(event: 'close', listener: () => void): unknown
  }
}
