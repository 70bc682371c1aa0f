import type { Handle } from '../platform/db/database.ts'
import type { Parts } from './job.ts'
import { attemptStore } from './rows/attempt-store.ts'
import { cancelUnsent, type StopReason } from './rows/ending.ts'
import { laneStore } from './rows/lane-store.ts'
import { unsentStore } from './rows/unsent-store.ts'
import { sweepStore } from './sweeps/sweep-store.ts'

/**
 * For a database that was another daemon's: its signed bytes may have left at any time after, nothing that waits is
 * signed, and the lanes are nobody's. How many were cancelled. The job holds all locks.
 */
export async function forgetEarlierRun(
  parts: Pick<Parts, 'clock' | 'audit'>,
  db: Handle,
  why: StopReason,
): Promise<number> {
  await attemptStore.assumeLeft(db, parts.clock.now())
  let cancelled = 0
  for (const walletId of await unsentStore.wallets(db)) cancelled += await cancelUnsent({ parts, db }, walletId, why)
  await sweepStore.stop(db, undefined, parts.clock.now())
  await laneStore.endLeases(db)
  return cancelled
}
