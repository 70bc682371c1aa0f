/** Switches that make the node misbehave. They may be changed at any time and hold until changed back. */
export type Faults = {
  /** sendTransaction answers a signature, but the transaction never lands. */
  dropSends: boolean
  /** sendTransaction works, but the connection breaks before its answer. */
  loseSendAnswers: boolean
  /** Answer every HTTP request with this status, such as 429 or 503; 0 is off. */
  httpStatus: number
  /** Milliseconds before each HTTP request is handled. */
  delayMs: number
  /** The JSON-RPC error that a method answers, by method name. */
  failMethods: Record<string, { code: number; message: string; data?: unknown }>
}

export const noFaults = (): Faults => ({
  dropSends: false,
  loseSendAnswers: false,
  httpStatus: 0,
  delayMs: 0,
  failMethods: {},
})
