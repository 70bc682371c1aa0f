import { Failure } from '@waiaas/contract'

const AT_ONCE = 2
const MOST_WAITING = 64

/** Runs it when its turn has come. */
export type Limited = <Result>(work: () => Promise<Result>) => Promise<Result>

/** Runs two expensive pieces of work at once and lets 64 wait. Throws RATE_LIMITED when more come. */
export function concurrencyLimit(): Limited {
  const waiting: (() => void)[] = []
  let running = 0
  return async function run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running === AT_ONCE) {
      if (waiting.length === MOST_WAITING)
        throw new Failure('RATE_LIMITED', 'too many passwords are being checked at once', { retryAfter: 1 })
      // Whoever ends hands its place on, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
