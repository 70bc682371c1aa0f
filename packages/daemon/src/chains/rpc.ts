export type EndpointStatus = {
  readonly url: string
  readonly status: 'available' | 'cooldown'
  readonly failureCount: number
  /** It has answered since this process began. */
  readonly hasServed: boolean
  readonly cooldownRemainingMs: number
  /** What went wrong last, without credentials, and how long ago. */
  readonly lastError: string | null
  readonly lastErrorAgoMs: number | null
  /** Calls that one request may hold: 1 where batches are refused, null where no limit was met. */
  readonly batchMost: number | null
  /** Methods that were refused. */
  readonly missingMethods: readonly string[]
  /** How fast it is asked after it refused calls for its rate; null where it did not. */
  readonly callsPerSecond: number | null
}

/** JSON-RPC over the configured endpoints: real failover on every call, timeouts, redacted errors. */
export interface Rpc {
  /** The result, RpcError when a node answered with an error that another node would repeat, Failure CHAIN_ERROR when none answered. */
  call<T>(method: string, params: readonly unknown[]): Promise<T>
  /** One round trip; each item has its own result or error. */
  batch(
    calls: readonly { method: string; params: readonly unknown[] }[],
  ): Promise<({ result: unknown } | { error: RpcError })[]>
  status(): EndpointStatus[]
  close(): void
}

/** A node's own answer. `data` is what the node sent beside the message. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown
  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}
