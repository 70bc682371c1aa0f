import { z } from 'zod'
import { SEVERITIES } from './events.ts'
import { Id, Limit, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'

export const AuditEntry = z.object({
  id: z.int(),
  timestamp: UnixSeconds,
  eventType: z.string(),
  actor: z.string(),
  walletId: Id.nullable(),
  sessionId: Id.nullable(),
  txId: Id.nullable(),
  details: z.record(z.string(), z.unknown()),
  severity: z.enum(SEVERITIES),
  ipAddress: z.string().nullable(),
  chain: z.string().describe('the hash chain: a wallet id, or "system"'),
  seq: z.int().describe('place in the chain, from 1'),
  prevHash: z.string().describe('hash of the row before, hex'),
  hash: z.string().describe('SHA-256, hex'),
})
export type AuditEntry = z.output<typeof AuditEntry>

/** The evidence, as the operator reads it. */
export const auditOperations = {
  listAuditLogs: operation({
    method: 'GET',
    path: '/v1/audit-logs',
    access: ['operator'],
    tag: 'Audit',
    summary: 'List the rows of the hash-chained audit log, newest first.',
    command: 'audit list',
    aliases: { wallet_id: ['walletId'], event_type: ['eventType'], tx_id: ['txId'], include_total: ['includeTotal'] },
    input: z.strictObject({
      wallet_id: Id.optional(),
      event_type: z.string().min(1).max(100).optional(),
      severity: AuditEntry.shape.severity.optional(),
      from: UnixSeconds.optional(),
      to: UnixSeconds.optional(),
      tx_id: Id.optional(),
      cursor: z.int().min(1).optional().describe('id of the last row of the page before'),
      limit: Limit(50, 200),
      include_total: z.boolean().default(false).describe('count all rows that match'),
    }),
    output: z.object({
      data: z.array(AuditEntry),
      nextCursor: z.int().nullable(),
      hasMore: z.boolean(),
      total: z.int().optional(),
    }),
    errors: [],
  }),
}
