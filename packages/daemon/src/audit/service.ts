import type { EventName, Severity } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { evidenceHash, GENESIS } from './evidence-hash.ts'
import { type EvidenceRow, evidenceStore, type Filter } from './store.ts'
import { type Expected, verifyEvidence } from './verify.ts'

export { type Checkpoints, checkpoints } from './checkpoints.ts'
export { AuditFileError, checkpointsOf, exportLines, importLines, linesOf } from './files.ts'
export type { Verdict } from './verify.ts'

export type Evidence = {
  event: EventName
  /** `operator`, `system`, or `session:<id>`. */
  actor: string
  severity?: Severity
  walletId?: string | undefined
  sessionId?: string | undefined
  txId?: string | undefined
  ip?: string | undefined
  details?: Record<string, unknown>
}
export type Audit = ReturnType<typeof audit>

/** The lock that a job holds when it records evidence that belongs to no wallet. */
export const SYSTEM_EVIDENCE = 'evidence:system'

/** Rows chained by hash, one chain per wallet and one for the system, written in the transaction of the change they tell of. */
export function audit({ clock, onRecord = () => {} }: { clock: Pick<Clock, 'now'>; onRecord?: () => void }) {
  let lastId = 0
  const nextId = (now: number) => {
    lastId = Math.max(now * 1000, lastId + 1)
    return lastId
  }
  return {
    /** Appends to the wallet's chain (the job holds the wallet's lock) or to the system's (it holds SYSTEM_EVIDENCE). */
    async record(db: Handle, evidence: Evidence): Promise<void> {
      const chain = evidence.walletId ? `wallet:${evidence.walletId}` : 'system'
      const head = (await evidenceStore.head(db, chain)) ?? { seq: 0, hash: GENESIS }
      const at = clock.now()
      const row: Omit<EvidenceRow, 'hash'> = {
        chain,
        seq: head.seq + 1,
        id: nextId(at),
        at,
        event: evidence.event,
        severity: evidence.severity ?? 'info',
        actor: evidence.actor,
        wallet_id: evidence.walletId ?? null,
        session_id: evidence.sessionId ?? null,
        tx_id: evidence.txId ?? null,
        ip: evidence.ip ?? null,
        details: JSON.stringify(evidence.details ?? {}),
        prev_hash: head.hash,
      }
      await evidenceStore.append(db, { ...row, hash: evidenceHash(row) })
      onRecord()
    },
    list: (db: Handle, filter: Filter, limit: number) => evidenceStore.list(db, filter, limit),
    count: (db: Handle, filter: Filter) => evidenceStore.count(db, filter),
    verify: (db: Handle, expected?: Expected) => verifyEvidence(db, expected),
  }
}
