import { SYSTEM_EVIDENCE } from '../audit/service.ts'
import { type Drift, driftsOf, recount } from '../ledger/service.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Parts } from './job.ts'

const EVERY_MS = 24 * 3_600_000
/** So many counters are named in the evidence. */
const MOST = 100

type RecountParts = Pick<Parts, 'database' | 'audit' | 'log'>

/** Looks at the start, and then each day, whether the ledger counts as open what is open; lets what says otherwise say so. */
export const recounting = (parts: RecountParts): Loop =>
  loop('open counters', parts.log, async () => {
    await recounted(parts).catch((error) =>
      parts.log.error({ err: error }, 'what is open cannot be counted; the counters stay as they are'),
    )
    return EVERY_MS
  })

async function recounted({ database, audit, log }: RecountParts): Promise<void> {
  // Of one moment, and nobody waits for it.
  if ((await database.read(driftsOf)).length === 0) return
  await database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
    const drifts = await recount(db)
    if (drifts.length === 0) return
    log.error({ counters: drifts.length }, 'the ledger counted as open what is not; it is set right')
    const details = { count: drifts.length, counters: drifts.slice(0, MOST).map(inText) }
    await audit.record(db, { event: 'LEDGER_RECOUNTED', actor: 'system', details })
  })
}

const inText = ({ scope, unit, said, open }: Drift) => ({ scope, unit, said: String(said), open: String(open) })
