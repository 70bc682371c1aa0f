import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'

/** `isFirst`: of its minute, which is told at once. */
type Count = { readonly peer: string; readonly minute: number; readonly isFirst: boolean; attempts: number }
type Parts = { database: Database; audit: Audit; clock: Pick<Clock, 'now'>; log: Log }
/** Which password it is, and as what it is recorded. */
type Told = {
  readonly event: 'MASTER_AUTH_FAILED' | 'VIEW_AUTH_FAILED'
  readonly what: string
  readonly raised?: 'critical'
}

const MINUTE_MS = 60_000
/** Addresses counted one by one within a minute; the rest of them are counted together. */
const MOST_PEERS = 1_000
const OTHERS = 'others'

/** Wrong passwords: the first of a minute at once, then one row of evidence per address when it is over, so that strangers cannot fill the log. */
export function failedAttempts({ database, audit, clock, log }: Parts, { event, what, raised }: Told) {
  let counts = new Map<string, Count>()
  let latestMinute = -1

  const write = (due: readonly Count[]): Promise<void> =>
    database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      for (const { peer, minute, attempts } of due) {
        await audit.record(db, {
          event,
          actor: 'system',
          ...(raised && { raised }),
          ip: peer,
          details: { attempts, minute: (minute * MINUTE_MS) / 1000 },
        })
      }
    })

  return {
    /** True for the first of its minute, which `flush` writes at once. */
    count(peer: string): boolean {
      const minute = Math.floor(clock.now() / MINUTE_MS)
      const isFirst = minute !== latestMinute
      latestMinute = minute
      const name = counts.has(`${minute} ${peer}`) || counts.size < MOST_PEERS ? peer : OTHERS
      const key = isFirst ? `${minute} first` : `${minute} ${name}`
      const known = counts.get(key) ?? { peer: name, minute, isFirst, attempts: 0 }
      known.attempts++
      counts.set(key, known)
      if (isFirst) log.warn({ peer }, `the ${what} was wrong; more of this minute are counted`)
      return isFirst
    },
    /** Writes what is due; `all` also what is still counted, before the daemon stops. */
    async flush(all: boolean): Promise<void> {
      const present = Math.floor(clock.now() / MINUTE_MS)
      const due = [...counts.values()].filter(({ minute, isFirst }) => all || isFirst || minute < present)
      if (due.length === 0) return
      const kept = counts
      counts = new Map([...counts].filter(([, count]) => !due.includes(count)))
      try {
        await write(due)
      } catch (error) {
        for (const [key, count] of counts) {
          const old = kept.get(key)
          if (old !== count) kept.set(key, { ...count, attempts: count.attempts + (old?.attempts ?? 0) })
        }
        counts = kept
        throw error
      }
      for (const { peer, minute, isFirst, attempts } of due)
        if (!isFirst) log.warn({ peer, attempts, minute: (minute * MINUTE_MS) / 1000 }, `wrong ${what}s`)
    },
  }
}
