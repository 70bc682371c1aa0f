import { type CallOptions, type Input, type operations, WAIaaSError, type Wire } from '@waiaas/contract'
import { pause } from './retry.ts'

type Operation = (typeof operations)['getTransaction']
type Transaction = Wire<Operation>
type Read = (input: Input<Operation>, options?: CallOptions) => Promise<Transaction>

export type WaitForOptions = CallOptions & {
  /** In all; ten minutes unless given. When they are over, the transaction comes as it is then. */
  readonly seconds?: number
  /** With QUEUED it is waited for what a delay, or a human, lets become of it; otherwise QUEUED is an answer. */
  readonly seen?: Transaction['status']
}

/** What one call may wait. */
const MOST_S = 60
const PAUSE_MS = 500
const OVER: readonly Transaction['status'][] = ['CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED', 'PARTIAL_FAILURE']

/** A transaction, once it is over or a human has to decide; also when the daemon starts anew meanwhile. */
export async function waitFor(
  read: Read,
  id: string,
  { seconds = 600, seen, ...options }: WaitForOptions,
): Promise<Transaction> {
  const until = performance.now() + 1_000 * seconds
  for (;;) {
    const startedAt = performance.now()
    const left = Math.max(0, until - startedAt)
    const wait = Math.min(MOST_S, Math.ceil(left / 1_000))
    const found = await read({ id, wait, ...(seen && { seen }) }, options).catch((error: unknown) => {
      // A daemon that is away for a moment says nothing about the transaction.
      const isAway = error instanceof WAIaaSError && error.retryable && (error.status === 0 || error.status === 503)
      if (!isAway || left === 0) throw error
      return undefined
    })
    if (found && (left === 0 || isSettled(found, seen))) return found
    // A stop answers at once, and so does a daemon that ends: the next try comes a little later.
    if (performance.now() - startedAt < PAUSE_MS) await pause(PAUSE_MS, options.signal)
  }
}

const isSettled = ({ status, signature }: Transaction, seen: WaitForOptions['seen']): boolean =>
  OVER.includes(status) || signature !== undefined || ((status === 'QUEUED' || status === 'SIGNED') && status !== seen)
