import type { By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { keepVersion } from './history-store.ts'
import { policyStore } from './store.ts'
import { policyVersions } from './versions.ts'

/** Keeps, of each policy of a restored database, that it is as the backup had it. The job holds all locks. */
export async function keepRestored(clock: Pick<Clock, 'now'>, db: Handle, { actor }: By): Promise<void> {
  const version = await policyVersions(clock)(db, null)
  const at = seconds(clock.now())
  for (const row of await policyStore.all(db))
    await keepVersion(db, row, { version, what: 'RESTORED', author: actor, at })
}
