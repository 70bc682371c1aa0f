import { type Audit, type Evidence, SYSTEM_EVIDENCE } from '../audit/service.ts'
import { type Hold, seconds } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { warningOf } from './rules.ts'

type RecordParts = { database: Database; audit: Pick<Audit, 'record'>; log: Log }

/** Tells the audit log of each hold of the clock, once, and of its end. */
export function holdRecord({ database, audit, log }: RecordParts) {
  /** What the audit log tells of. */
  let recorded: Hold['since'] | undefined

  const record = (evidence: Evidence) =>
    database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) => audit.record(db, evidence))

  return {
    async begin(hold: Hold): Promise<void> {
      if (recorded === hold.since) return
      const details = { since: hold.since, aheadSeconds: seconds(hold.aheadMs) }
      await record({ event: 'CLOCK_HELD', actor: 'system', details })
      recorded = hold.since
      log.error(warningOf(hold))
    },
    async end(reason: string): Promise<void> {
      if (recorded === undefined) return
      await record({ event: 'CLOCK_RELEASED', actor: 'system', details: { reason } })
      recorded = undefined
      log.warn(`the clock is followed again: ${reason}`)
    },
    /** Its end is on record already. */
    forget(): void {
      recorded = undefined
    },
  }
}
