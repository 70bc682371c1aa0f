import { Failure, type Output, type sessionOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import { needLiveWallet } from '../wallets/service.ts'
import type { SessionParts } from './parts.ts'
import { closedSession } from './rules.ts'
import { type SessionRow, sessionStore } from './store.ts'

type Revoked = Output<typeof sessionOperations.revokeSession>
type Linked = Output<typeof sessionOperations.linkSessionWallet>
type Room = (db: Handle, walletId: string) => Promise<void>

const heldName = (id: string) => `session ${id}`

/** A session whose revocation is not written yet counts as revoked. */
export function sessionAsHeld(held: Held, row: SessionRow | undefined): SessionRow | undefined {
  const since = row && held.since(heldName(row.id))
  return row && since !== undefined ? { ...row, revoked_at: row.revoked_at ?? since } : row
}

/** Taking sessions, and wallets from sessions. Each is a stop: it holds `system` alone and cancels what is not signed. */
export function ending(parts: SessionParts, assertRoom: Room) {
  const { database, clock, audit, stops, held } = parts
  const stopping = (walletIds: readonly string[]) => ({
    exclusive: ['system', ...walletIds.map((id) => `wallet:${id}`)],
  })

  async function walletIdsOf(id: string): Promise<string[]> {
    return database.read(async (db) => {
      await needSession(db, id)
      return idsOf(db, id)
    })
  }

  type Revocation = { id: string; by: By; since: number | undefined }

  async function revokeWith(db: Handle, { id, by, since }: Revocation, walletIds: readonly string[]): Promise<boolean> {
    if (!(await sessionStore.revoke(db, id, clock.now()))) return false
    for (const walletId of walletIds) {
      const why = { error: 'its session was revoked', code: 'SESSION_REVOKED', actor: by.actor, sessionId: id }
      const cancelled = await stops.cancelUnsent(db, walletId, why)
      const details = { cancelled: cancelled.length, ...(since !== undefined && { heldSince: since }) }
      await audit.record(db, { event: 'SESSION_REVOKED', walletId, sessionId: id, ...by, details })
    }
    return true
  }

  /** False when it was revoked before. */
  async function revokeNow(revocation: Revocation): Promise<boolean> {
    for (;;) {
      const known = await walletIdsOf(revocation.id)
      const outcome = await database.work(stopping(known), async (db) => {
        const linked = await idsOf(db, revocation.id)
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
    /** May be repeated. Once this has answered, nothing that the session asked for is signed. */
    async revoke(id: string, by: By): Promise<Revoked> {
      const outcome = await held.write(heldName(id), {
        write: (since) => revokeNow({ id, by, since }),
        hold: async () => stops.quiet(await walletIdsOf(id)),
      })
      if ('unwritten' in outcome) return { id, status: 'REVOKED', unwritten: outcome.unwritten }
      return { id, status: 'REVOKED', ...(!outcome.written && { message: 'the session was already revoked' }) }
    },

    async link(id: string, walletId: string, by: By): Promise<Linked> {
      const exclusive = [`session:${id}`, `wallet:${walletId}`]
      const at = await database.work({ shared: ['system'], exclusive }, async (db) => {
        const session = await needSession(db, id)
        if (session.revoked_at !== null) throw closedSession(session, 0)
        await needLiveWallet(db, walletId)
        if (await sessionStore.isLinked(db, id, walletId))
          throw new Failure('WALLET_ALREADY_LINKED', `session ${id} already has wallet ${walletId}`)
        await assertRoom(db, walletId)
        const now = clock.now()
        await sessionStore.link(db, { session_id: id, wallet_id: walletId, created_at: now })
        await audit.record(db, { event: 'SESSION_WALLET_ADDED', walletId, sessionId: id, ...by })
        return now
      })
      return { sessionId: id, walletId, createdAt: Math.floor(at / 1000) }
    },

    async unlink(id: string, walletId: string, by: By): Promise<void> {
      const unlinked = async (db: Handle) => {
        await needSession(db, id)
        const linked = await idsOf(db, id)
        if (!linked.includes(walletId))
          throw new Failure('SESSION_NOT_FOUND', `session ${id} has no wallet ${walletId}`)
        if (linked.length === 1)
          throw new Failure('SESSION_REQUIRES_WALLET', `wallet ${walletId} is the only one of session ${id}`)
        await sessionStore.unlink(db, id, walletId)
        const why = { error: 'its session lost the wallet', code: 'SESSION_REVOKED', actor: by.actor, sessionId: id }
        const cancelled = await stops.cancelUnsent(db, walletId, why)
        const details = { cancelled: cancelled.length }
        await audit.record(db, { event: 'SESSION_WALLET_REMOVED', walletId, sessionId: id, ...by, details })
      }
      const hold = () => stops.quiet([walletId])
      const write = async () => {
        await database.work(stopping([walletId]), unlinked)
        await hold()
      }
      await held.write(`session ${id} without wallet ${walletId}`, { wallet: walletId, write, hold })
    },

    /** For a wallet that ends, whose transactions are cancelled already: the job holds exclusive `system` and the wallet. */
    async endOfWallet(db: Handle, walletId: string, by: By): Promise<void> {
      for (const { id } of await sessionStore.openOfWallet(db, walletId, clock.now())) {
        const linked = await idsOf(db, id)
        const isLast = linked.length === 1
        if (isLast) await sessionStore.revoke(db, id, clock.now())
        else await sessionStore.unlink(db, id, walletId)
        const event = isLast ? 'SESSION_REVOKED' : 'SESSION_WALLET_REMOVED'
        const details = { reason: 'the wallet was terminated' }
        await audit.record(db, { event, walletId, sessionId: id, ...by, details })
      }
    },

    revokeAll: (db: Handle, by: By, reason: string): Promise<number> => revokeEvery(parts, db, { by, reason }),
  }
}

/** Every session, for good. The job holds exclusive `system` and the evidence of the system. Returns how many ended. */
export async function revokeEvery(
  { clock, audit }: Pick<SessionParts, 'clock' | 'audit'>,
  db: Handle,
  { by, reason }: { by: By; reason: string },
): Promise<number> {
  const open = await sessionStore.open(db)
  for (const { id } of open) {
    await sessionStore.revoke(db, id, clock.now())
    await audit.record(db, { event: 'SESSION_REVOKED', sessionId: id, ...by, details: { reason } })
  }
  return open.length
}

const idsOf = async (db: Handle, id: string) => (await sessionStore.wallets(db, id)).map((wallet) => wallet.id)

/** Failure SESSION_NOT_FOUND. */
export async function needSession(db: Handle, id: string): Promise<SessionRow> {
  const row = await sessionStore.byId(db, id)
  if (!row) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
  return row
}
