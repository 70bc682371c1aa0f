import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import type { SessionDependencies } from './dependencies.ts'
import { walletIdsOf } from './lookup.ts'
import { sessionStore } from './store.ts'

/** What ends sessions in the job of another stop, which covers their transactions. */
export const ending = ({ clock, audit }: Pick<SessionDependencies, 'clock' | 'audit'>) => ({
  /** For a wallet that ends: the job holds exclusive `system` and the wallet. */
  async endOfWallet(db: Handle, walletId: string, by: By): Promise<void> {
    for (const { id } of await sessionStore.openOfWallet(db, walletId, clock.now())) {
      const linked = await walletIdsOf(db, id)
      const isLast = linked.length === 1
      if (isLast) await sessionStore.revoke(db, id, clock.now())
      else await sessionStore.unlink(db, id, walletId)
      const event = isLast ? 'SESSION_REVOKED' : 'SESSION_WALLET_REMOVED'
      const details = { reason: 'the wallet was terminated' }
      await audit.record(db, { event, walletId, sessionId: id, ...by, details })
    }
  },

  /** Every session, for good, in one statement; how many. The job holds exclusive `system` and puts it on record. */
  revokeAll: (db: Handle): Promise<number> => sessionStore.revokeAll(db, clock.now()),
})
