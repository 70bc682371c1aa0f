import { Failure, type Output, type sessionOperations } from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { needLiveWallet } from '../wallets/service.ts'
import type { SessionDependencies } from './dependencies.ts'
import { needSession, walletIdsOf } from './lookup.ts'
import { stopping } from './revoking.ts'
import { closedSession } from './rules.ts'
import { sessionStore } from './store.ts'

type Linked = Output<typeof sessionOperations.linkSessionWallet>
type AssertRoom = (db: Handle, walletId: string) => Promise<void>
type Link = { id: string; walletId: string; by: By }

/** Giving sessions a wallet more, and taking one from them. */
export function linking(parts: SessionDependencies, assertRoom: AssertRoom) {
  const { database, clock, audit, stops, held } = parts

  async function unlinkIn(db: Handle, { id, walletId, by }: Link): Promise<void> {
    await assertSpare(db, id, walletId)
    await sessionStore.unlink(db, id, walletId)
    const why = { error: 'its session lost the wallet', code: 'SESSION_REVOKED', actor: by.actor }
    await stops.begin(db, { ...why, walletId, sessionId: id })
    await audit.record(db, { event: 'SESSION_WALLET_REMOVED', walletId, sessionId: id, ...by, details: {} })
  }

  return {
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
      const hold = () => stops.quiet([walletId])
      const write = async () => {
        await database.work(stopping([walletId]), (db) => unlinkIn(db, { id, walletId, by }))
        await hold()
      }
      await held.write(`session ${id} without wallet ${walletId}`, { wallet: walletId, write, hold })
    },
  }
}

/** Failure SESSION_NOT_FOUND, or SESSION_REQUIRES_WALLET when it has no other. */
async function assertSpare(db: Handle, id: string, walletId: string): Promise<void> {
  await needSession(db, id)
  const linked = await walletIdsOf(db, id)
  if (!linked.includes(walletId)) throw new Failure('SESSION_NOT_FOUND', `session ${id} has no wallet ${walletId}`)
  if (linked.length === 1)
    throw new Failure('SESSION_REQUIRES_WALLET', `wallet ${walletId} is the only one of session ${id}`)
}
