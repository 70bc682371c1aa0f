import { Failure, type Output, type Parsed, type SessionConstraints, type sessionOperations } from '@waiaas/contract'
import type { Principal } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import type { SessionDependencies } from './dependencies.ts'
import { ending } from './ending.ts'
import { idleSessions } from './idle.ts'
import { issuing } from './issuing.ts'
import { linking } from './linking.ts'
import { needSession } from './lookup.ts'
import { mcpTokens } from './mcp-token.ts'
import { openedSessions } from './opened.ts'
import { paired } from './paired.ts'
import { renewing } from './renewing.ts'
import { revoking, sessionAsHeld } from './revoking.ts'
import { closedSession, lastExpiry, readConstraints, readLabels, sessionLabels } from './rules.ts'
import { type LinkedWallet, type SessionRow, sessionStore } from './store.ts'
import { sessionTokens, tokenHash } from './tokens.ts'

export type { SessionDependencies } from './dependencies.ts'
export { forgetSessions } from './forgetting.ts'
export { endRestored } from './restored.ts'
export { sessionAsHeld } from './revoking.ts'
export { constraintsOf, sessionLabels } from './rules.ts'
export type { SessionRow } from './store.ts'

export type Sessions = ReturnType<typeof sessions>
type ListInput = Parsed<typeof sessionOperations.listSessions>
type Listed = Output<typeof sessionOperations.listSessions>
type Wallets = Output<typeof sessionOperations.listSessionWallets>

/** The session, whatever its state; for the checks inside a job. */
export const findSession = (db: Handle, id: string): Promise<SessionRow | undefined> => sessionStore.byId(db, id)
/** Open sessions that end between two times, in unix milliseconds, and since when they have their present time. */
export const endingSessions = async (db: Handle, between: { from: number; until: number }) =>
  (await sessionStore.ending(db, between)).map(({ id, created_at, last_renewed_at, expires_at }) => ({
    ...{ id, startedAt: last_renewed_at ?? created_at, expiresAt: expires_at },
  }))
/** Of whom policies can be: a session with its labels, and whether it is over. Undefined when there is none. */
export async function policySession(db: Handle, id: string): Promise<PolicySession | undefined> {
  const row = await sessionStore.byId(db, id)
  return row && { id, labels: sessionLabels(row), isRevoked: row.revoked_at !== null }
}
export type PolicySession = { id: string; labels: readonly string[]; isRevoked: boolean }
export const isLinked = (db: Handle, sessionId: string, walletId: string): Promise<boolean> =>
  sessionStore.isLinked(db, sessionId, walletId)

/** A session that is open, for whoever asks what it could do at most. `endsAt` in unix milliseconds, with all renewals; null is never. */
export type OpenSession = {
  readonly id: string
  readonly labels: readonly string[]
  readonly endsAt: number | null
  readonly constraints: SessionConstraints | null
}
/** The sessions that can use a wallet now. */
export const openSessions = async (db: Handle, walletId: string, now: number): Promise<OpenSession[]> =>
  (await sessionStore.openOfWallet(db, walletId, now)).map((row) => ({
    ...{
      id: row.id,
      labels: sessionLabels(row),
      endsAt: lastExpiry(row),
      constraints: readConstraints(row.constraints),
    },
  }))

/** Those that open nothing now, and why; in one query. */
export async function closedSessions(
  db: Handle,
  ids: readonly string[],
  { held, now }: { held: Held; now: number },
): Promise<Map<string, Failure>> {
  if (ids.length === 0) return new Map()
  const rows = new Map((await sessionStore.some(db, ids)).map((row) => [row.id, sessionAsHeld(held, row)]))
  const closed = ids.flatMap((id): [string, Failure][] => {
    const row = rows.get(id)
    const failure = row ? closedSession(row, now) : new Failure('SESSION_NOT_FOUND', `no session ${id}`)
    return failure ? [[id, failure]] : []
  })
  return new Map(closed)
}

/** Session tokens and what they open: issue, authenticate, renew, rotate, revoke. */
export function sessions(parts: SessionDependencies) {
  const { database, clock, held } = parts
  const tokens = sessionTokens(parts.secret, () => database.read(sessionStore.generation))
  const { revokeIdle, ...ends } = revoking(parts)
  const idle = idleSessions({ ...parts, revokeIdle })
  const { assertRoom, issue, create, prepare, prepareFirst } = issuing(parts, tokens)

  /** Why a token that no session has opens nothing. */
  async function unknownToken(token: string): Promise<Failure> {
    const id = await tokens.read(token)
    const row = sessionAsHeld(held, await database.read((db) => sessionStore.byId(db, id)))
    if (!row) return new Failure('SESSION_NOT_FOUND', `no session ${id}`)
    return (
      closedSession(row, clock.latest()) ??
      new Failure('INVALID_TOKEN', 'this token of the session was replaced by a newer one')
    )
  }

  /** The first use of a token that a pairing hands out ends that. */
  const claim = (id: string) => database.work({ exclusive: [`session:${id}`] }, (db) => sessionStore.claim(db, id))

  return {
    create,
    prepare: prepareFirst,
    ...paired(parts, tokens, prepare),
    ...renewing(parts, tokens),
    ...ends,
    ...linking(parts, assertRoom),
    ...ending(parts),
    opened: openedSessions(parts, idle),
    createMcpToken: mcpTokens(issue, parts.dataDir),
    idle,

    /** The agent that a token stands for. The stored hash decides. Failure INVALID_TOKEN, TOKEN_EXPIRED, SESSION_REVOKED, SESSION_NOT_FOUND. */
    async authenticate(token: string): Promise<Principal<'agent'>> {
      const hash = tokenHash(token)
      const now = clock.latest()
      const row = sessionAsHeld(held, await database.read((db) => sessionStore.byTokenHash(db, hash, now)))
      if (!row) throw await unknownToken(token)
      const closed = closedSession(row, now)
      if (closed) throw closed
      idle.used(row)
      if (row.is_claimed === 0) await claim(row.id)
      return { kind: 'agent', sessionId: row.id, tokenHash: hash }
    },

    /** Newest first, without revoked ones; a session sees itself. */
    async list(input: ListInput, sessionId?: string): Promise<Listed> {
      const { walletId, limit, offset, cursor } = input
      const filter = { walletId, sessionId }
      const now = clock.latest()
      return database.read(async (db) => {
        const rows = await sessionStore.list(db, filter, { limit: limit + 1, offset, before: cursor })
        const shown = rows.slice(0, limit)
        const data: Listed['data'] = []
        for (const row of shown) {
          const refusalsNotKept = await parts.refusalsNotKept(db, row.id)
          const view = sessionView(sessionAsHeld(held, row) ?? row, await sessionStore.wallets(db, row.id), now)
          data.push({
            ...view,
            spentUsd: await parts.spentUsd(db, row.id),
            ...(refusalsNotKept > 0 && { refusalsNotKept }),
          })
        }
        const hasMore = rows.length > shown.length
        const nextCursor = hasMore ? shown.at(-1)!.id : null
        return { data, total: await sessionStore.count(db, filter), limit, offset, nextCursor, hasMore }
      })
    },

    async wallets(id: string): Promise<Wallets> {
      const rows = await database.read(async (db) => {
        await needSession(db, id)
        return sessionStore.wallets(db, id)
      })
      return { wallets: rows.map(({ created_at, ...wallet }) => ({ ...wallet, createdAt: seconds(created_at) })) }
    },
  }
}

function sessionView(
  row: SessionRow,
  wallets: readonly LinkedWallet[],
  now: number,
): Omit<Listed['data'][number], 'spentUsd'> {
  const status = { SESSION_REVOKED: 'REVOKED', TOKEN_EXPIRED: 'EXPIRED' } as const
  const closed = closedSession(row, now)?.code as keyof typeof status | undefined
  return {
    id: row.id,
    walletId: wallets[0]?.id ?? '',
    walletName: wallets[0]?.name ?? null,
    wallets: wallets.map(({ id, name }) => ({ id, name })),
    status: closed ? status[closed] : 'ACTIVE',
    renewalCount: row.renewal_count,
    maxRenewals: row.max_renewals,
    expiresAt: seconds(row.expires_at),
    absoluteExpiresAt: seconds(row.absolute_expires_at),
    createdAt: seconds(row.created_at),
    lastRenewedAt: row.last_renewed_at === null ? null : seconds(row.last_renewed_at),
    source: row.source,
    tokenIssuedCount: row.token_issued_count,
    constraints: readConstraints(row.constraints),
    ...(row.labels !== null && { labels: readLabels(row) }),
  }
}
