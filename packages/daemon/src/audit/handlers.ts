import type { AuditEntry, auditOperations, Handlers } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Audit, Checkpoints } from './service.ts'
import type { EvidenceRow } from './store.ts'

/** The audit log as the operator reads it, newest first. */
export const auditHandlers = (
  audit: Audit,
  checkpoints: Pick<Checkpoints, 'current'>,
  database: Database,
): Handlers<typeof auditOperations, Calls> => ({
  getAuditCheckpoint: () => checkpoints.current(),

  async listAuditLogs(_, input) {
    const filter = {
      walletId: input.wallet_id,
      event: input.event_type,
      severity: input.severity,
      txId: input.tx_id,
      sessionId: input.session_id,
      actor: input.actor,
      from: input.from === undefined ? undefined : input.from * 1000,
      to: input.to === undefined ? undefined : input.to * 1000 + 999,
    }
    const { rows, hasMore, total } = await database.read(async (db) => ({
      ...(await audit.page(db, { ...filter, before: input.cursor }, input.limit)),
      total: input.include_total ? await audit.count(db, filter) : undefined,
    }))
    return {
      data: rows.map(entry),
      nextCursor: hasMore ? (rows.at(-1)?.id ?? null) : null,
      hasMore,
      ...(total !== undefined && { total }),
    }
  },
})

const entry = (row: EvidenceRow): AuditEntry => ({
  id: row.id,
  timestamp: seconds(row.at),
  eventType: row.event,
  actor: row.actor,
  walletId: row.wallet_id,
  sessionId: row.session_id,
  txId: row.tx_id,
  // Written by `record` from these very types.
  details: JSON.parse(row.details) as AuditEntry['details'],
  severity: row.severity as AuditEntry['severity'],
  ipAddress: row.ip,
  chain: row.wallet_id ?? 'system',
  seq: row.seq,
  prevHash: row.prev_hash,
  hash: row.hash,
})
