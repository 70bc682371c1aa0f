export type Rate = { readonly perSecond: number; readonly burst: number }
type Bucket = { tokens: number; at: number }

/** Callers remembered at once; the one that was idle longest is forgotten first, by then with a full bucket as a rule. */
const MOST = 20_000

/** Token buckets by name. `take` answers 0, or the whole seconds until a token is there. */
export function tokenBuckets(monotonic: () => number): { take(name: string, rate: Rate): number } {
  const buckets = new Map<string, Bucket>()
  return {
    take(name, { perSecond, burst }) {
      const now = monotonic()
      const known = buckets.get(name)
      const bucket = known ?? { tokens: burst, at: now }
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond)
      bucket.at = now
      // Deleting first keeps the map in order of last use.
      if (known) buckets.delete(name)
      buckets.set(name, bucket)
      if (buckets.size > MOST) forgetOldest(buckets)
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))
      bucket.tokens -= 1
      return 0
    },
  }
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  for (const [oldest] of buckets) {
    buckets.delete(oldest)
    return
  }
}
