import type { Handle } from '../platform/db/database.ts'
import type { SessionDependencies } from './dependencies.ts'
import { ending } from './ending.ts'
import { sessionStore } from './store.ts'

/**
 * Ends the sessions of a restored database and gives those to come another secret: which of them were ended after the
 * backup is not known. The job holds all locks. Returns how many ended.
 */
export async function endRestored(parts: Pick<SessionDependencies, 'clock' | 'audit'>, db: Handle): Promise<number> {
  const ended = await ending(parts).revokeAll(db)
  // The time, so that two restores of one backup have two secrets.
  await sessionStore.setGeneration(db, Math.max((await sessionStore.generation(db)) + 1, parts.clock.now()))
  return ended
}
