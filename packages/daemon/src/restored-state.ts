import type { Audit } from './audit/service.ts'
import { SYSTEM_EVIDENCE } from './audit/service.ts'
import { killSwitchStore } from './killswitch/store.ts'
import type { Clock } from './platform/clock.ts'
import type { Database, Handle } from './platform/db/database.ts'
import { attemptStore } from './transactions/attempt-store.ts'
import { cancelUnsent } from './transactions/stops.ts'
import { unsentStore } from './transactions/unsent-store.ts'
import { walletStore } from './wallets/store.ts'

export type Restored = {
  /** Wallets that were active and are suspended now. */
  suspended: number
  /** Transactions that had no signature and are cancelled, their reservations free. */
  cancelled: number
}
type Parts = { database: Database; clock: Clock; audit: Audit }
type Source = { created_at: string; daemon_version: string; isAuditWhole: boolean }

const REASON = 'restored from a backup'
const AT_ONCE = 500

/**
 * What a restored database must not take up by itself: what was paid after the backup is not in it, so that no wallet
 * signs until the operator has looked, and nothing that waited is signed at all.
 */
export function settleRestored(parts: Parts, source: Source): Promise<Restored> {
  const { database, audit } = parts
  // Nobody else has this database yet: one lock is as good as all.
  return database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
    // What the backup holds as never sent may have been sent after it was made.
    await attemptStore.assumeLeft(db, parts.clock.now())
    const cancelled = await cancelAll(parts, db)
    const suspended = await suspendAll(parts, db)
    // Those who held them are gone.
    await db.query((kysely) => kysely.updateTable('lanes').set({ lease_until: 0 }))
    const { state, activated_at: at, activated_by: by, locked_at: lockedAt } = await killSwitchStore.read(db)
    // As it was, under a new epoch.
    await killSwitchStore.swap(db, { from: state, to: state, at, by, lockedAt })
    const details = {
      createdAt: source.created_at,
      daemonVersion: source.daemon_version,
      auditWhole: source.isAuditWhole,
      suspended,
      cancelled,
    }
    await audit.record(db, { event: 'BACKUP_RESTORED', severity: 'critical', actor: 'operator', details })
    return { suspended, cancelled }
  })
}

async function cancelAll(parts: Parts, db: Handle): Promise<number> {
  let cancelled = 0
  for (const walletId of await unsentStore.wallets(db)) {
    const why = { error: REASON, code: 'WALLET_SUSPENDED', actor: 'operator' }
    cancelled += (await cancelUnsent(parts, db, walletId, why)).length
  }
  return cancelled
}

async function suspendAll({ clock, audit }: Parts, db: Handle): Promise<number> {
  let suspended = 0
  for (let after: string | undefined; ; ) {
    const rows = await walletStore.list(db, { after }, AT_ONCE)
    for (const { id, status } of rows) {
      if (status !== 'ACTIVE') continue
      const at = clock.now()
      const change = { id, at, suspendedAt: at, reason: REASON, terminatedAt: null }
      await walletStore.move(db, { ...change, from: 'ACTIVE', to: 'SUSPENDED' })
      const details = { reason: REASON }
      await audit.record(db, {
        event: 'WALLET_SUSPENDED',
        severity: 'warning',
        actor: 'operator',
        walletId: id,
        details,
      })
      suspended += 1
    }
    after = rows.at(-1)?.id
    if (rows.length < AT_ONCE) return suspended
  }
}
