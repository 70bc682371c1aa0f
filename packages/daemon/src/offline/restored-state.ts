import { unpairRestored } from '../approvals/service.ts'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import { forgetConsents } from '../consents/service.ts'
import { forgetRecovery, nextEpoch, nextEra } from '../killswitch/service.ts'
import { forgetViewPassword } from '../logins/service.ts'
import { forgetChallenges } from '../owners/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { keepRestored } from '../policies/service.ts'
import { endRestored } from '../sessions/service.ts'
import { endStopTokens } from '../stop-tokens/service.ts'
import { forgetEarlierRun } from '../transactions/service.ts'
import { suspendRestored } from '../wallets/service.ts'

export type Restored = {
  /** Sessions that had not been revoked at the time of the backup. */
  revoked: number
  /** Wallets that were active and are suspended now. */
  suspended: number
  /** Transactions that had no signature and are cancelled, their reservations free. */
  cancelled: number
}
type Parts = { database: Database; clock: Clock; audit: Audit }
type Source = { created_at: string; daemon_version: string; isAuditWhole: boolean }

const REASON = 'restored from a backup'

/**
 * What a restored database must not take up by itself: what was paid, revoked and spent after the backup is not in it.
 * So no session, stop token, password for looking or pairing with Telegram lives on, no wallet signs until the operator has looked, its windows count as full until the operator
 * has confirmed what it spent, and nothing that waited is signed at all.
 */
export function settleRestored(parts: Parts, source: Source): Promise<Restored> {
  const { database, audit } = parts
  // Nobody else has this database yet: one lock is as good as all.
  return database.work({ exclusive: ['system', SYSTEM_EVIDENCE] }, async (db) => {
    const cancelled = await forgetEarlierRun(parts, db, { error: REASON, code: 'WALLET_SUSPENDED', actor: 'operator' })
    const revoked = await endRestored(parts, db)
    await endStopTokens(db)
    await forgetViewPassword(db)
    await unpairRestored(db)
    await forgetChallenges(db)
    await forgetConsents(db)
    await forgetRecovery(db)
    const suspended = await suspendRestored(parts, db, REASON)
    await nextEpoch(db)
    await nextEra(db)
    await keepRestored(parts.clock, db, { actor: 'operator' })
    const details = {
      createdAt: source.created_at,
      daemonVersion: source.daemon_version,
      auditWhole: source.isAuditWhole,
      revoked,
      suspended,
      cancelled,
    }
    await audit.record(db, { event: 'BACKUP_RESTORED', actor: 'operator', details })
    return { revoked, suspended, cancelled }
  })
}
