import { Failure, type Output, type sessionOperations } from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from '../audit/service.ts'
import { type By, by, type Principal } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { SessionDependencies } from './dependencies.ts'
import { closedSession, GRACE_MS, renewedExpiry } from './rules.ts'
import { type SessionRow, sessionStore } from './store.ts'
import type { Issued, Tokens } from './tokens.ts'

type Renewed = Output<typeof sessionOperations.renewSession>
type Rotated = Output<typeof sessionOperations.rotateSessionToken>
type Change = {
  row: SessionRow
  issued: Issued
  /** Until when the token of the row opens the session. */
  graceUntil: number
  expiresAt: number
  renewals: number
  renewedAt: number | null
}

/**
 * New tokens for sessions that exist. One that was renewed opens the session until its own end, and renews to the same
 * successor for each client that holds it: a client's renewal ends no other. One that the operator replaced opens it for
 * a short grace, then nothing.
 */
export function renewing(parts: SessionDependencies, tokens: Tokens) {
  const { database, clock, audit } = parts

  async function need(id: string): Promise<SessionRow> {
    const row = await database.read((db) => sessionStore.byId(db, id))
    if (!row) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
    const closed = closedSession(row, clock.latest())
    if (closed) throw closed
    return row
  }

  /** False when another call has replaced the token of the row, or the session was revoked meanwhile. */
  function replace(
    { row, issued, graceUntil, renewals, renewedAt, expiresAt }: Change,
    event: 'SESSION_RENEWED' | 'SESSION_ROTATED',
    by: By,
  ): Promise<boolean> {
    const { id, token_hash: old } = row
    const change = { id, hash: issued.hash, old, graceUntil, expiresAt, renewals, renewedAt }
    const exclusive = [`session:${id}`, SYSTEM_EVIDENCE]
    return database.work({ shared: ['system'], exclusive }, async (db) => {
      if (!(await sessionStore.replaceToken(db, change))) return false
      await audit.record(db, { event, sessionId: id, ...by, details: { expiresAt: seconds(expiresAt), renewals } })
      return true
    })
  }

  /** What a client gets whose token another one has renewed already. Failure SESSION_RENEWAL_MISMATCH. */
  async function successor(row: SessionRow, { tokenHash }: Principal<'agent'>): Promise<Renewed> {
    const { id, expires_at: expiresAt, renewal_count: renewals } = row
    const { token, hash } = await tokens.ofRenewal(id, { now: row.last_renewed_at ?? 0, expiresAt }, renewals)
    // It is another one where the operator replaced the token.
    if (row.previous_hash !== tokenHash || row.token_hash !== hash) throw mismatch()
    return { id, token, expiresAt: seconds(expiresAt), renewalCount: renewals }
  }

  return {
    /** The own session, by a token that opens it. */
    async renew(id: string, principal: Principal<'agent'>, ip: string | undefined): Promise<Renewed> {
      if (id !== principal.sessionId) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
      const row = await need(id)
      if (row.token_hash !== principal.tokenHash) return successor(row, principal)
      const now = clock.latest()
      const expiresAt = renewedExpiry(row, now)
      const renewals = row.renewal_count + 1
      const issued = await tokens.ofRenewal(id, { now, expiresAt }, renewals)
      const change = { row, issued, graceUntil: row.expires_at, expiresAt, renewals, renewedAt: now }
      if (!(await replace(change, 'SESSION_RENEWED', by({ principal, peer: ip }))))
        return successor(await need(id), principal)
      return { id, token: issued.token, expiresAt: seconds(expiresAt), renewalCount: renewals }
    },

    /** Same end, other token. */
    async rotate(id: string, by: By): Promise<Rotated> {
      for (;;) {
        const row = await need(id)
        const { expires_at: expiresAt, renewal_count: renewals, last_renewed_at: renewedAt } = row
        const now = clock.latest()
        const issued = await tokens.issue(id, { now, expiresAt })
        const change = { row, issued, graceUntil: now + GRACE_MS, expiresAt, renewals, renewedAt }
        // Another call came first; each of them wins once, so this ends.
        if (!(await replace(change, 'SESSION_ROTATED', by))) continue
        const tokenIssuedCount = row.token_issued_count + 1
        return { id, token: issued.token, expiresAt: seconds(expiresAt), tokenIssuedCount }
      }
    },
  }
}

const mismatch = () =>
  new Failure('SESSION_RENEWAL_MISMATCH', 'this token of the session was already replaced by a newer one')
