/** How fast one endpoint is asked: as fast as wanted, until it refuses for its rate; then slowly, and faster again. */
export type Throttle = {
  /** How many of `count` calls may leave now. */
  take(count: number): number
  /** Milliseconds until as many as make sense may leave. */
  waitMs(count: number): number
  /** Some calls of a request were refused for the rate, and `answered` of them were not. */
  refused(request: {
    readonly asked: number
    readonly answered: number
    readonly retryAfterMs?: number | undefined
  }): void
  served(count: number): void
  /** Calls a second; null while nothing limits them. */
  rate(): number | null
}

const forgetMs = 600_000
const slowest = 0.2
/** Calls a second that nearly every endpoint serves, where nothing was seen yet. */
const guess = 5
/** Where all rest, somebody has to ask again. */
const longestRestMs = 60_000

const backoffMs = (strikes: number) => 1_000 * 2 ** Math.min(Math.max(strikes - 1, 0), 6)

export function throttle(clock: () => number): Throttle {
  let rate: number | undefined
  /** The rate that was refused last. */
  let refusedRate = 0
  let tokens = 0
  let filledAt = 0
  let restUntil = Number.NEGATIVE_INFINITY
  let changedAt = 0
  let refusedAt = 0
  /** Refusals one after the other with no answer between them. */
  let strikes = 0
  let second = { from: Number.NEGATIVE_INFINITY, answered: 0, before: 0 }

  const burst = (perSecond: number) => Math.max(1, Math.floor(perSecond / 2))

  function refill(perSecond: number): void {
    const now = clock()
    tokens = Math.min(burst(perSecond), tokens + ((now - filledAt) / 1_000) * perSecond)
    filledAt = now
  }

  function count(answered: number): void {
    const now = clock()
    const ageMs = now - second.from
    if (ageMs >= 1_000) second = { from: now, answered: 0, before: ageMs < 2_000 ? second.answered : 0 }
    second.answered += answered
  }

  return {
    take(wanted) {
      if (clock() < restUntil) return 0
      if (rate !== undefined && clock() - refusedAt > forgetMs) rate = undefined
      if (rate === undefined) return wanted
      refill(rate)
      const granted = Math.min(wanted, Math.floor(tokens + 1e-9))
      tokens -= granted
      return granted
    },
    waitMs(wanted) {
      const rest = Math.max(0, restUntil - clock())
      if (rate === undefined) return rest
      refill(rate)
      const missing = Math.min(wanted, burst(rate)) - tokens
      return Math.max(rest, (missing / rate) * 1_000, 0)
    },
    refused({ asked, answered, retryAfterMs }) {
      const now = clock()
      count(answered)
      // Refusals of requests that were under way together are one.
      const isNew = now >= restUntil
      if (answered > 0) strikes = 1
      else if (isNew) strikes += 1
      // A part that was answered shows that the rest can be had soon; a time that was named and did not help is not believed.
      const restMs = answered > 0 ? (retryAfterMs ?? 250) : Math.max(retryAfterMs ?? 0, backoffMs(strikes))
      restUntil = Math.max(restUntil, now + Math.min(Math.max(restMs, 50), longestRestMs))
      if (rate === undefined || (isNew && now - changedAt >= 500)) {
        // Little may have been wanted lately, so that what was seen makes no slower one of a rate that held until now.
        refusedRate = rate ?? Math.max(second.answered, second.before, asked / 2, guess)
        rate = Math.max(slowest, refusedRate * 0.7)
        changedAt = now
      }
      tokens = 0
      filledAt = now
      refusedAt = now
    },
    served(answered) {
      count(answered)
      strikes = 0
      if (rate === undefined || clock() - changedAt < 1_000) return
      refill(rate)
      // Far from the rate that was refused the right one is looked for, near it felt for: a refusal may have had another reason.
      const isNear = rate > refusedRate / 2 && rate < refusedRate * 1.5
      rate *= isNear ? 1.2 : 2
      changedAt = clock()
    },
    rate: () => (rate === undefined ? null : Math.round(rate * 10) / 10),
  }
}
