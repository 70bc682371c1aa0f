import { type Case, countedFor, type Finding, UNKNOWN_BEFORE } from '../case.ts'
import { period } from '../reason-words.ts'
import { policyType, type Scoped } from './type.ts'

type RateLimit = { readonly max: number; readonly windowMs: number }

export const rateLimit = policyType<'RATE_LIMIT', RateLimit>({
  admit: (rules) => rules,
  compile: ({ max_requests, window_seconds }) => ({ max: max_requests, windowMs: window_seconds * 1000 }),
  judge,
  within: (one, other) => one.max <= other.max && one.windowMs >= other.windowMs,
  pace: ({ rules }) => ({ rate: rules }),
  asks: ({ max, windowMs }) => ({ requests: { windowMs, count: max + 1 } }),
})

/**
 * Counts accepted requests in the rolling window; one that is exactly a window old is out of it. The window is full while it
 * reaches back to a time of which not all is known.
 */
function judge(policy: Scoped<RateLimit>, of: Case, findings: Finding[]): void {
  if (of.isLane) return
  const { max, windowMs } = policy.rules
  const { requests, context, now } = of.input
  const asOf = context?.acceptedAt ?? now
  const { count, freeAt } = requests.counted?.[policy.id] ?? counted(policy, of, asOf)
  of.requestCounts.push({ policyId: policy.id, count, ...(count >= max && { freeAt }) })
  const fullUntil = (requests.unknownBefore ?? Number.NEGATIVE_INFINITY) + windowMs
  const isUnknown = asOf < fullUntil
  if (count < max && !isUnknown) return
  findings.push({
    code: 'RATE_LIMIT_EXCEEDED',
    verdict: 'DENY',
    policyId: policy.id,
    tell: () => ({
      message: `${count} requests came in the last ${period(windowMs / 1000)}, and ${max} are allowed${isUnknown ? `, and the window counts as full${UNKNOWN_BEFORE}` : ''}`,
      observed: count,
      allowed: max,
      retryAt: Math.ceil(Math.max(freeAt, isUnknown ? fullUntil : 0) / 1000),
    }),
  })
}

/** How many are in the window, and when the oldest of those that are too many is out of it. */
function counted(policy: Scoped<RateLimit>, of: Case, asOf: number): { count: number; freeAt: number } {
  const { max, windowMs } = policy.rules
  const { requests } = of.input
  const times = countedFor(policy, of, { byNetwork: requests.networks, all: requests.all, session: requests.session })
  const isIn = (at: number) => at > asOf - windowMs && at <= asOf
  let count = 0
  for (const at of times) if (isIn(at)) count++
  if (count < max) return { count, freeAt: 0 }
  const newest = times.filter(isIn).sort((a, b) => b - a)
  return { count, freeAt: newest[max - 1]! + windowMs }
}
