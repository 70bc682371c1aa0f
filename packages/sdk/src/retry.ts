import { errorOf, type Operation, WAIaaSError } from '@waiaas/contract'

export type RetryOptions = {
  /** Repeats after the first try. */
  readonly maxRetries: number
  readonly baseDelayMs: number
  /** Longest wait; an answer that asks for a longer one is not repeated. */
  readonly maxDelayMs: number
  readonly retryableStatuses: readonly number[]
}

export const DEFAULT_RETRY: RetryOptions = {
  maxRetries: 3,
  baseDelayMs: 1_000,
  maxDelayMs: 30_000,
  retryableStatuses: [429, 500, 502, 503, 504],
}

/** Statuses that say that nothing was done. */
const REFUSED: readonly number[] = [429, 503]

const afterLoss = new WeakSet<WAIaaSError>()

/** Nobody knows what became of a try: no answer came, one of something between, or one that cannot be read. */
const isLoss = ({ code, status, retryable }: WAIaaSError): boolean =>
  code === 'INVALID_ANSWER' || (status === 0 && retryable) || (status >= 500 && !REFUSED.includes(status))

/**
 * Whether a failure leaves open what became of a call: its last try was lost, or an earlier one. What refuses a repeat (too
 * many calls, a session that has ended, a stop) says nothing of the try before it.
 */
export const leavesOpen = (error: WAIaaSError): boolean => isLoss(error) || afterLoss.has(error)

/**
 * Sends until an answer counts. Repeats only what cannot happen twice: reads, calls under an Idempotency-Key, and refusals.
 * A wait is what Retry-After says, or doubles from `baseDelayMs`.
 */
export async function withRetry(
  op: Operation,
  { signal, ...options }: RetryOptions & { signal: AbortSignal | undefined },
  send: () => Promise<Response>,
): Promise<Response> {
  const isRepeatable = op.method === 'GET' || op.idempotent === true
  let isLost = false
  for (let tries = 0; ; tries += 1) {
    const outcome = await settle(send)
    if (!(outcome instanceof WAIaaSError) && outcome.ok) return outcome
    const error = outcome instanceof WAIaaSError ? outcome : errorOf(outcome, await outcome.text())
    if (isLost) afterLoss.add(error)
    isLost ||= isLoss(error)
    const mayRepeat = isRepeatable || REFUSED.includes(error.status)
    const isListed = error.status === 0 || options.retryableStatuses.includes(error.status)
    const wait = delay(tries, error.retryAfter, options)
    if (!error.retryable || !mayRepeat || !isListed || tries >= options.maxRetries || wait > options.maxDelayMs)
      throw error
    await pause(wait, signal)
  }
}

async function settle(send: () => Promise<Response>): Promise<Response | WAIaaSError> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof WAIaaSError) return error
    throw error
  }
}

function delay(tries: number, retryAfter: number | undefined, { baseDelayMs, maxDelayMs }: RetryOptions): number {
  if (retryAfter !== undefined) return retryAfter * 1_000
  return Math.min(baseDelayMs * 2 ** tries, maxDelayMs) * (0.5 + Math.random() / 2)
}

/** Rejects as soon as the signal says so. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
