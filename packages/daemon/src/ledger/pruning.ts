import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { DAY_WINDOW, ledgerStore, MONTH_WINDOW, SPANS } from './store.ts'

type PruneParts = { readonly database: Database; readonly clock: Clock }

const HOUR_MS = 3_600_000
const SOON_MS = 1_000
const COUNTERS_AT_ONCE = 50
const BUCKETS_AT_ONCE = 1_000

/** Removes, a few at a time, the buckets of the ledger that no window reaches any more. */
export const pruning = (parts: PruneParts & { readonly log: Log }): Loop =>
  loop('old spend buckets', parts.log, async () => ((await prune(parts)) ? SOON_MS : HOUR_MS))

/** One round; true when there may be more. */
export async function prune({ database, clock }: PruneParts): Promise<boolean> {
  const before = oldestCounted(clock.now())
  const found = await database.read((db) => ledgerStore.outdated(db, before, COUNTERS_AT_ONCE))
  await Promise.all(
    found.map(({ scope, unit }) =>
      database.work({ shared: ['system'], exclusive: [walletLock(scope)] }, async (db) => {
        for (const span of SPANS)
          await ledgerStore.removeBuckets(db, { scope, unit, span }, { before, most: BUCKETS_AT_ONCE })
      }),
    ),
  )
  return found.length > 0
}

/** The longest window back, and a day more for a replica whose clock is behind. */
const oldestCounted = (now: number): number => now - MONTH_WINDOW - DAY_WINDOW

/** `wallet:<id>` of an account's scope or of one of its networks. */
const walletLock = (scope: string): string => scope.split('@')[0]!
