import type { Clock } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { policyStore } from './store.ts'

/**
 * Raises the version of a wallet, or with null of all: what was judged before is judged again. For a change of the
 * policies, or of what decisions depend on.
 */
export type NextVersion = (db: Handle, walletId: string | null) => Promise<number>

/** Times serve as versions, and no time twice, so that one which was rolled back is never given to other policies later. */
export function policyVersions(clock: Pick<Clock, 'now'>): NextVersion {
  let last = 0
  return async (db, walletId) => {
    for (;;) {
      last = Math.max(clock.now(), last + 1, (await policyStore.newestVersion(db)) + 1)
      if (await policyStore.raiseVersion(db, walletId, last)) return last
    }
  }
}
