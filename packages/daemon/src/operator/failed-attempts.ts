import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'

type Count = { readonly peer: string; readonly minute: number; attempts: number }

const MINUTE_MS = 60_000
/** Addresses counted one by one within a minute; the rest of them are counted together. */
const MOST_PEERS = 1_000
const OTHERS = 'others'

/** Wrong master passwords, one row of evidence per address and minute: strangers cannot fill the log. */
export function failedAttempts({
  database,
  audit,
  clock,
}: {
  database: Database
  audit: Audit
  clock: Pick<Clock, 'now'>
}) {
  let counts = new Map<string, Count>()
  return {
    count(peer: string): void {
      const minute = Math.floor(clock.now() / MINUTE_MS)
      const name = counts.has(`${minute} ${peer}`) || counts.size < MOST_PEERS ? peer : OTHERS
      const key = `${minute} ${name}`
      const known = counts.get(key) ?? { peer: name, minute, attempts: 0 }
      known.attempts++
      counts.set(key, known)
    },
    /** Writes the minutes that are over; `all` also the present one, before the daemon stops. */
    async flush(all: boolean): Promise<void> {
      const present = Math.floor(clock.now() / MINUTE_MS)
      const due = [...counts.values()].filter(({ minute }) => all || minute < present)
      if (due.length === 0) return
      const kept = counts
      counts = new Map([...counts].filter(([, count]) => !due.includes(count)))
      try {
        await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
          for (const { peer, minute, attempts } of due) {
            await audit.record(db, {
              event: 'MASTER_AUTH_FAILED',
              actor: 'system',
              raised: 'critical',
              ip: peer,
              details: { attempts, minute: (minute * MINUTE_MS) / 1000 },
            })
          }
        })
      } catch (error) {
        for (const [key, count] of counts) {
          const old = kept.get(key)
          if (old !== count) kept.set(key, { ...count, attempts: count.attempts + (old?.attempts ?? 0) })
        }
        counts = kept
        throw error
      }
    },
  }
}
