import type { Output, sessionOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import { span } from '../platform/span.ts'
import type { SessionDependencies } from './dependencies.ts'
import type { Idle } from './idle.ts'
import { needSession, walletIdsOf } from './lookup.ts'
import { type SessionRow, sessionStore } from './store.ts'

type Revoked = Output<typeof sessionOperations.revokeSession>
/** `since` is when it was asked for, in milliseconds, where it could not be written then. */
type Revocation = { id: string; by: By; since: number | undefined; idle?: Idle }

const heldName = (id: string) => `session ${id}`

/** Taking something from a session is a stop: it holds `system` alone. */
export const stopping = (walletIds: readonly string[]) => ({
  exclusive: ['system', ...walletIds.map((id) => `wallet:${id}`)],
  isUrgent: true,
})

/** A session whose revocation is not written yet counts as revoked. */
export function sessionAsHeld(held: Held, row: SessionRow | undefined): SessionRow | undefined {
  const since = row && held.since(heldName(row.id))
  return row && since !== undefined ? { ...row, revoked_at: row.revoked_at ?? since } : row
}

/** Ending a session with all that it asked for. */
export function revoking({ database, clock, audit, stops, held }: SessionDependencies) {
  const linkedTo = (id: string): Promise<string[]> =>
    database.read(async (db) => {
      await needSession(db, id)
      return walletIdsOf(db, id)
    })

  async function revokeWith(
    db: Handle,
    { id, by, since, idle }: Revocation,
    walletIds: readonly string[],
  ): Promise<boolean> {
    // It was used meanwhile.
    if (idle && (await sessionStore.byId(db, id))?.last_used_at !== idle.lastUsed) return false
    if (!(await sessionStore.revoke(db, id, clock.now()))) return false
    await stops.begin(db, {
      error: 'its session was revoked',
      code: 'SESSION_REVOKED',
      actor: by.actor,
      sessionId: id,
    })
    const reason = idle && unused(idle)
    const details = { ...(reason && { reason }), ...(since !== undefined && { heldSince: since }) }
    for (const walletId of walletIds) {
      if (idle)
        await audit.record(db, { event: 'AUTO_STOP_TRIGGERED', walletId, sessionId: id, ...by, details: toldOf(idle) })
      await audit.record(db, { event: 'SESSION_REVOKED', walletId, sessionId: id, ...by, details })
    }
    return true
  }

  /** False when it was revoked before. */
  async function revokeNow(revocation: Revocation): Promise<boolean> {
    for (;;) {
      const known = await linkedTo(revocation.id)
      const outcome = await database.work(stopping(known), async (db) => {
        const linked = await walletIdsOf(db, revocation.id)
        // A wallet was linked meanwhile: again, with its lock.
        if (linked.some((walletId) => !known.includes(walletId))) return undefined
        return { isFirst: await revokeWith(db, revocation, linked) }
      })
      if (!outcome) continue
      await stops.quiet(known)
      return outcome.isFirst
    }
  }

  return {
    /** By the daemon itself, which nobody has used since. */
    async revokeIdle(id: string, idle: Idle): Promise<void> {
      await revokeNow({ id, by: { actor: 'system' }, since: undefined, idle })
    },

    /** May be repeated. Once this has answered, nothing that the session asked for is signed. */
    async revoke(id: string, by: By): Promise<Revoked> {
      const outcome = await held.write(heldName(id), {
        write: (since) => revokeNow({ id, by, since }),
        hold: async () => stops.quiet(await linkedTo(id)),
      })
      if ('unwritten' in outcome) return { id, status: 'REVOKED', unwritten: outcome.unwritten }
      return { id, status: 'REVOKED', ...(!outcome.written && { message: 'the session was already revoked' }) }
    },
  }
}

const unused = ({ idleMs }: Idle): string => `it was not used for ${span(idleMs / 1_000)}`

const toldOf = (idle: Idle) => ({
  ...{ rule: 'idle_timeout', action: 'revoke' as const, reason: `Unused session: ${unused(idle)}` },
  ...{ observed: new Date(idle.lastUsed).toISOString(), allowed: idle.idleMs / 1_000 },
  resume: 'waiaas session create',
})
