import { Failure, type Output, type sessionOperations } from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from '../audit/service.ts'
import { type By, by, type Principal } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { SessionDependencies } from './dependencies.ts'
import { closedSession, GRACE_MS, renewedExpiry } from './rules.ts'
import { type SessionRow, sessionStore } from './store.ts'
import type { Tokens } from './tokens.ts'

type Renewed = Output<typeof sessionOperations.renewSession>
type Rotated = Output<typeof sessionOperations.rotateSessionToken>
type Change = { row: SessionRow; old: string; expiresAt: number; renewals: number; renewedAt: number | null }

/** New tokens for sessions that exist. The old one opens the session for a short grace, then nothing. */
export function renewing(parts: SessionDependencies, tokens: Tokens) {
  const { database, clock, audit } = parts

  async function need(id: string): Promise<SessionRow> {
    const row = await database.read((db) => sessionStore.byId(db, id))
    if (!row) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
    const closed = closedSession(row, clock.latest())
    if (closed) throw closed
    return row
  }

  /** Undefined when another call has replaced the token `old`, or the session was revoked meanwhile. */
  async function replace(
    { row, old, expiresAt, renewals, renewedAt }: Change,
    event: 'SESSION_RENEWED' | 'SESSION_ROTATED',
    by: By,
  ) {
    const { id } = row
    const now = clock.latest()
    const { token, hash } = await tokens.issue(id, now, expiresAt)
    const change = { id, hash, old, graceUntil: now + GRACE_MS, expiresAt, renewals, renewedAt }
    const exclusive = [`session:${id}`, SYSTEM_EVIDENCE]
    const isMine = await database.work({ shared: ['system'], exclusive }, async (db) => {
      if (!(await sessionStore.replaceToken(db, change))) return false
      await audit.record(db, { event, sessionId: id, ...by, details: { expiresAt: seconds(expiresAt), renewals } })
      return true
    })
    return isMine ? { id, token, expiresAt: seconds(expiresAt) } : undefined
  }

  return {
    /** The own session, by its newest token. */
    async renew(id: string, principal: Principal<'agent'>, ip: string | undefined): Promise<Renewed> {
      if (id !== principal.sessionId) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
      const row = await need(id)
      if (row.token_hash !== principal.tokenHash) throw mismatch()
      const now = clock.latest()
      const expiresAt = renewedExpiry(row, now)
      const renewals = row.renewal_count + 1
      const change = { row, old: principal.tokenHash, expiresAt, renewals, renewedAt: now }
      const renewed = await replace(change, 'SESSION_RENEWED', by({ principal, peer: ip }))
      if (renewed) return { ...renewed, renewalCount: renewals }
      await need(id)
      throw mismatch()
    },

    /** Same end, other token. */
    async rotate(id: string, by: By): Promise<Rotated> {
      for (;;) {
        const row = await need(id)
        const { expires_at: expiresAt, renewal_count: renewals, last_renewed_at: renewedAt } = row
        const change = { row, old: row.token_hash, expiresAt, renewals, renewedAt }
        const rotated = await replace(change, 'SESSION_ROTATED', by)
        // Another call came first; each of them wins once, so this ends.
        if (rotated) return { ...rotated, tokenIssuedCount: row.token_issued_count + 1 }
      }
    },
  }
}

const mismatch = () =>
  new Failure('SESSION_RENEWAL_MISMATCH', 'this token of the session was already replaced by a newer one')
