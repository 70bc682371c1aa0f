type Rate = { readonly perSecond: number; readonly burst: number }
type Bucket = { tokens: number; at: number }

/** Callers remembered at once; the one that was idle longest is forgotten first, by then with a full bucket as a rule. */
const MOST = 20_000

export type TokenBuckets = {
  /** Takes so many tokens, one unless given: 0, or the whole seconds until they are there. More than a burst is one. */
  take(name: string, rate: Rate, count?: number): number
}

/** Token buckets by name. */
export function tokenBuckets(monotonic: () => number): TokenBuckets {
  const buckets = new Map<string, Bucket>()
  return {
    take(name, { perSecond, burst }, count = 1) {
      const now = monotonic()
      const known = buckets.get(name)
      const bucket = known ?? { tokens: burst, at: now }
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond)
      bucket.at = now
      // Deleting first keeps the map in order of last use.
      if (known) buckets.delete(name)
      buckets.set(name, bucket)
      if (buckets.size > MOST) forgetOldest(buckets)
      const wanted = Math.min(count, burst)
      if (bucket.tokens < wanted) return Math.max(1, Math.ceil((wanted - bucket.tokens) / perSecond))
      bucket.tokens -= wanted
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
