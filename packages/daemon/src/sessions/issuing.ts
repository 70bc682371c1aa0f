import {
  DEFAULT_SESSION_TTL,
  Failure,
  type Labels,
  newId,
  type Output,
  type Parsed,
  type SessionConstraints,
  type sessionOperations,
} from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { needLiveWallet, type PreparedSession, type WalletRow } from '../wallets/service.ts'
import type { SessionDependencies } from './dependencies.ts'
import { canonicalConstraints, firstExpiry } from './rules.ts'
import { type SessionRow, sessionStore } from './store.ts'
import type { Issued, Tokens } from './tokens.ts'

type CreateInput = Parsed<typeof sessionOperations.createSession>
type Created = Output<typeof sessionOperations.createSession>
type Wish = {
  readonly ttl: number
  readonly maxRenewals?: number | undefined
  readonly absoluteLifetime?: number | undefined
  readonly constraints?: SessionConstraints | null | undefined
  readonly labels?: Labels | undefined
  readonly source: SessionRow['source']
}
export type Issuing = ReturnType<typeof issuing>

/** Makes sessions. The token is signed before the job, which may await nothing but its database. */
export function issuing(parts: SessionDependencies, tokens: Tokens) {
  const { database, clock, audit } = parts

  async function prepare(wish: Wish) {
    const constraints = wish.constraints ? canonicalConstraints(parts.networks(), wish.constraints) : null
    const now = clock.latest()
    const id = newId(clock.now())
    const { expiresAt, absoluteEnd } = firstExpiry(now, wish.ttl, wish.absoluteLifetime ?? 0)
    const isPaired = wish.source === 'pairing'
    const issued = await (isPaired ? tokens.ofPairing : tokens.issue)(id, { now, expiresAt })
    const row = newSession({ id, now, wish, constraints, issued, expiresAt, absoluteEnd })
    return {
      view: { id, token: issued.token, expiresAt: seconds(expiresAt) },
      async open(db: Handle, walletIds: readonly string[], by: By): Promise<WalletRow[]> {
        await sessionStore.insert(db, row)
        const wallets: WalletRow[] = []
        for (const walletId of walletIds) {
          wallets.push(await needLiveWallet(db, walletId))
          await assertRoom(db, walletId)
          await sessionStore.link(db, { session_id: id, wallet_id: walletId, created_at: now })
          const { source, labels } = wish
          const about = { expiresAt: seconds(expiresAt), constraints, source, wallets: [...walletIds] }
          const details = { ...about, ...(labels && { labels }) }
          await audit.record(db, { event: 'SESSION_CREATED', walletId, sessionId: id, ...by, details })
        }
        return wallets
      },
    }
  }

  /** The job holds the wallet's lock. Failure SESSION_LIMIT_EXCEEDED. */
  async function assertRoom(db: Handle, walletId: string): Promise<void> {
    const most = parts.maxPerWallet()
    const live = await sessionStore.countOfWallet(db, walletId, clock.now())
    if (live < most) return
    const message = `wallet ${walletId} has ${live} live sessions, ${most} are allowed`
    throw new Failure('SESSION_LIMIT_EXCEEDED', message, { details: { walletId, live, allowed: most } })
  }

  async function issue(
    walletIds: readonly string[],
    wish: Wish,
    { by, beforeCommit }: { by: By; beforeCommit?: (token: string) => Promise<void> },
  ) {
    const session = await prepare(wish)
    await beforeCommit?.(session.view.token)
    const exclusive = walletIds.map((id) => `wallet:${id}`)
    const wallets = await database.work({ shared: ['system'], exclusive }, (db) => session.open(db, walletIds, by))
    return { ...session.view, wallets }
  }

  return {
    assertRoom,
    prepare,
    issue,
    async create(input: CreateInput, by: By): Promise<Created> {
      const { walletId, walletIds = [], ...wish } = input
      const ids = [...new Set(walletId === undefined ? walletIds : [walletId, ...walletIds])]
      const { id, token, expiresAt, wallets } = await issue(ids, { ...wish, source: 'api' }, { by })
      const refs = wallets.map((wallet) => ({ id: wallet.id, name: wallet.name }))
      return { id, token, expiresAt, walletId: ids[0]!, wallets: refs }
    },
    /** The session that comes with a new wallet. */
    async prepareFirst(): Promise<PreparedSession> {
      const { view, open } = await prepare({ ttl: DEFAULT_SESSION_TTL, source: 'api' })
      return { view, open: async (db, walletIds, by) => void (await open(db, walletIds, by)) }
    },
  }
}

type NewSession = {
  id: string
  now: number
  wish: Wish
  constraints: SessionConstraints | null
  issued: Issued
  expiresAt: number
  absoluteEnd: number
}

const newSession = ({ id, now, wish, constraints, issued, expiresAt, absoluteEnd }: NewSession) => ({
  id,
  token_hash: issued.hash,
  previous_hash: null,
  previous_until: null,
  ttl: wish.ttl,
  expires_at: expiresAt,
  absolute_expires_at: absoluteEnd,
  max_renewals: wish.maxRenewals ?? 0,
  renewal_count: 0,
  last_renewed_at: null,
  constraints: constraints && JSON.stringify(constraints),
  labels: wish.labels ? JSON.stringify(wish.labels) : null,
  source: wish.source,
  token_issued_count: 1,
  revoked_at: null,
  created_at: now,
  is_claimed: wish.source === 'pairing' ? 0 : 1,
})
