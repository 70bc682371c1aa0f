import type { Clock } from '../platform/clock.ts'
import { recent } from '../platform/recent.ts'

/** What was looked for and missed for so long does not come back by waiting. */
const GONE_MS = 300_000
/** Two looks further apart than this tell nothing about the time between them. */
const SIGHT_MS = 60_000

/** Tells a price that is missing for a moment from one that is gone. */
export function gaps({ now }: Pick<Clock, 'now'>) {
  const missed = recent<{ since: number; last: number }>()
  return {
    /** What one look came to. */
    note(key: string, isMissing: boolean): void {
      const at = now()
      const before = missed.get(key)
      if (!isMissing) missed.delete(key)
      else missed.put(key, { since: before && at - before.last <= SIGHT_MS ? before.since : at, last: at })
    },
    isGone(key: string): boolean {
      const gap = missed.get(key)
      return gap !== undefined && gap.last - gap.since >= GONE_MS
    },
  }
}
