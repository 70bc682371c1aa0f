import type { Handle } from '../platform/db/database.ts'
import { laneStore } from './rows/lane-store.ts'
import type { ListedRow } from './rows/list-store.ts'
import { isOpenEnded } from './views.ts'

/** Why lanes wait, of those with something that does. */
export async function laneReasons(
  db: Handle,
  rows: readonly Pick<ListedRow, 'status' | 'lane'>[],
): Promise<Map<string, string>> {
  const reasons = new Map<string, string>()
  for (const id of new Set(rows.filter(isOpenEnded).map(({ lane }) => lane))) {
    const reason = (await laneStore.byId(db, id))?.wait_reason
    if (reason) reasons.set(id, reason)
  }
  return reasons
}
