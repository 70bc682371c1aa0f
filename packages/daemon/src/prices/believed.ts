import { toUnitPrice } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { feedStore } from './feed-store.ts'
import { type Believed, type FeedAnswer, isTooFar, microDollars, nextMeasure } from './rules.ts'

export type BelievedParts = { database: Database; clock: Pick<Clock, 'now'>; audit: Pick<Audit, 'record'> }

/** What is not believed is put on record so often, of one source, whatever the number of requests. */
const TOLD_EVERY_MS = 3_600_000
const scope = { exclusive: [SYSTEM_EVIDENCE] }

/**
 * What was believed last of each source, by whatever process: the measure of what comes next, so that no restart and no
 * other replica begins anew.
 */
export function believedPrices({ database, clock, audit }: BelievedParts) {
  return {
    /** Of those sources of which something was believed. */
    of: (sources: readonly string[]): Promise<Map<string, Believed>> =>
      database.read(async (db) => {
        const found = new Map<string, Believed>()
        for (const source of sources) {
          const believed = await read(db, source)
          if (believed) found.set(source, believed)
        }
        return found
      }),
    /** False when it is too far from what another process has believed meanwhile. */
    believe: (source: string, answer: FeedAnswer & { witnesses: number }): Promise<boolean> =>
      database.work(scope, async (db) => {
        const before = await read(db, source)
        const usdMicros = microDollars(answer)
        if (usdMicros === undefined || (before && isTooFar(before.measure, answer))) return false
        await write(db, source, { ...answer, measure: nextMeasure(before, { usdMicros, at: answer.readAt }) })
        return true
      }),
    /** Puts on record that a source is not believed now. */
    doubt: (source: string, reason: string): Promise<void> =>
      database.work(scope, async (db) => {
        const at = clock.now()
        const before = (await feedStore.byId(db, source))?.told_at
        if (before != null && Math.abs(at - before) < TOLD_EVERY_MS) return
        await feedStore.tell(db, source, at)
        await audit.record(db, { event: 'PRICE_NOT_BELIEVED', actor: 'system', details: { source, reason } })
      }),
  }
}

async function read(db: Handle, source: string): Promise<Believed | undefined> {
  const row = await feedStore.byId(db, source)
  if (!row || row.believed === null) return undefined
  const { answer, measure, ...rest } = JSON.parse(row.believed)
  return {
    ...rest,
    answer: BigInt(answer),
    measure: { usdMicros: toUnitPrice(BigInt(measure.usdMicros)), at: measure.at },
  }
}

const write = (db: Handle, source: string, believed: Believed) =>
  feedStore.believe(
    db,
    source,
    JSON.stringify(believed, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  )
