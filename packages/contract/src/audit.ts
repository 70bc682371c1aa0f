import { z } from 'zod'
import { SEVERITIES } from './events.ts'
import { Id, Limit, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
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

/** Where the hash chains ended at one moment, signed. Its hash and its signature are defined in docs/evidence.md. */
export const AuditCheckpoint = z.strictObject({
  seq: z.int().min(1).describe('number of the checkpoint, from 1'),
  at: z.int().describe('unix milliseconds'),
  heads: z
    .array(
      z.strictObject({
        chain: z.string().describe('`system`, or `wallet:<id>`'),
        seq: z.int().min(1),
        hash: z.string(),
      }),
    )
    .describe('the last row of each chain that has grown since the checkpoint before, by chain'),
  prevHash: z.string().describe('hash of the checkpoint before, hex'),
  publicKey: z.string().describe('Ed25519, base64 of 32 bytes'),
  hash: z.string().describe('SHA-256, hex'),
  signature: z.string().describe('Ed25519, base64'),
})
export type AuditCheckpoint = z.output<typeof AuditCheckpoint>

/** The evidence, as the operator reads it. */
export const auditOperations = {
  listAuditLogs: operation({
    method: 'GET',
    path: '/v1/audit-logs',
    access: ['operator'],
    tag: 'Audit',
    summary: 'List the audit log, newest first.',
    command: 'audit list',
    example: '--event-type TX_SUBMITTED --limit 5',
    aliases: {
      wallet_id: ['walletId'],
      event_type: ['eventType'],
      tx_id: ['txId'],
      session_id: ['sessionId'],
      include_total: ['includeTotal'],
    },
    input: z.strictObject({
      wallet_id: WalletName.optional(),
      event_type: z.string().min(1).max(100).optional(),
      severity: AuditEntry.shape.severity.optional(),
      from: UnixSeconds.optional(),
      to: UnixSeconds.optional(),
      tx_id: Id.optional(),
      session_id: Id.optional().describe('rows that name this session'),
      actor: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe('who did it: `system`, `operator`, or the kind and id, such as `session:<id>`'),
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
  getAuditCheckpoint: operation({
    method: 'GET',
    path: '/v1/audit-logs/checkpoint',
    access: ['operator'],
    tag: 'Audit',
    summary: 'Show the last signed checkpoint of the audit log, and the key that signs.',
    command: 'audit checkpoint',
    input: z.strictObject({}),
    output: z.object({
      publicKey: AuditCheckpoint.shape.publicKey,
      checkpoint: AuditCheckpoint.nullable(),
      unsignedRows: z.int().describe('rows since that checkpoint'),
    }),
    errors: ['KEYSTORE_LOCKED'],
  }),
}
