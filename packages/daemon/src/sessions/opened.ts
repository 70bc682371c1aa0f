import type { Principal } from '../platform/caller.ts'
import type { SessionDependencies } from './dependencies.ts'
import type { idleSessions } from './idle.ts'
import { needSession } from './lookup.ts'
import { sessionAsHeld } from './revoking.ts'
import { closedSession } from './rules.ts'

/**
 * The agent of a session whose caller has a right to it by other means than its token. Failures TOKEN_EXPIRED,
 * SESSION_REVOKED, SESSION_NOT_FOUND.
 */
export const openedSessions =
  ({ database, clock, held }: SessionDependencies, idle: Pick<ReturnType<typeof idleSessions>, 'used'>) =>
  async (id: string): Promise<Principal<'agent'>> => {
    const row = sessionAsHeld(held, await database.read((db) => needSession(db, id)))!
    const closed = closedSession(row, clock.latest())
    if (closed) throw closed
    idle.used(row)
    return { kind: 'agent', sessionId: row.id, tokenHash: '' }
  }
