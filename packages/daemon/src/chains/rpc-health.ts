import type { EndpointStatus } from './rpc.ts'
import type { EndpointError } from './rpc-http.ts'

/** `isDown`: it failed again and again, and has answered nothing since. */
export type Rest = { readonly failedAt: number; readonly until: number; readonly isDown: boolean }

/** Whether an endpoint serves, by what its calls came to. */
export type Health = {
  /** The count of failures since it served last. What leaves under one count fails as one outage. */
  failures(): number
  /** True when the failure is a new outage; `failuresBefore` is the count when the calls left. */
  failed(failure: EndpointError, failuresBefore: number): boolean
  served(): void
  /** When it failed last, and until when others go first; milliseconds of the clock. */
  rest(): Rest
  /** `pauseMs` is how long the endpoint itself asked to be left alone. */
  status(pauseMs: number): Omit<EndpointStatus, 'url' | 'batchMost' | 'missingMethods' | 'callsPerSecond'>
}

const DOWN_AFTER = 8
const longestCooldownMs = 300_000
const cooldownMs = (failures: number) => Math.min(60_000 * 2 ** (failures - 1), longestCooldownMs)

export function endpointHealth(clock: () => number): Health {
  let failures = 0
  let failedAt = 0
  let hasServed = false
  let until = Number.NEGATIVE_INFINITY
  let lastError: { readonly text: string; readonly at: number } | undefined
  return {
    failures: () => failures,
    failed(failure, failuresBefore) {
      lastError = { text: failure.message, at: clock() }
      // Calls that were under way together are one outage; an endpoint that asks for time has none.
      if (failure.kind === 'limited' || failures !== failuresBefore) return false
      failures += 1
      failedAt = clock()
      until = failedAt + cooldownMs(failures)
      return true
    },
    served() {
      failures = 0
      hasServed = true
      until = Number.NEGATIVE_INFINITY
    },
    rest: () => ({ failedAt, until, isDown: failures >= DOWN_AFTER }),
    status(pauseMs) {
      const now = clock()
      const restMs = wholeMs(Math.max(until - now, pauseMs))
      return {
        status: restMs > 0 ? 'cooldown' : 'available',
        failureCount: failures,
        hasServed,
        cooldownRemainingMs: restMs,
        lastError: lastError?.text ?? null,
        lastErrorAgoMs: lastError ? wholeMs(now - lastError.at, Number.MAX_SAFE_INTEGER) : null,
      }
    },
  }
}

/** For display, whatever the clock did. */
const wholeMs = (ms: number, most = longestCooldownMs): number =>
  Number.isNaN(ms) ? 0 : Math.ceil(Math.min(Math.max(ms, 0), most))
