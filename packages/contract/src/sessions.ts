import { z } from 'zod'
import { cursors, Id, Limit, nextPage, Offset, UnixSeconds } from './ids.ts'
import { Labels } from './labels.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { Address, NetworkName, SessionSource, SessionStatus, TransactionType, Unwritten, UsdAmount } from './wire.ts'

const tag = 'Sessions'
const operator = ['operator'] as const
const stopper = ['operator', 'stopper'] as const

/** Seconds that a session lives unless `ttl` says otherwise. */
export const DEFAULT_SESSION_TTL = 86_400
/** Most seconds that one may live without a renewal, unless it is unlimited. */
export const LONGEST_SESSION_TTL = 31_536_000

/** What a session may do, within the policies of its wallets. Enforced on every request. */
export const SessionConstraints = z.strictObject({
  networks: z.array(NetworkName).min(1).max(50).optional().describe('networks it may act on'),
  transactionTypes: z.array(TransactionType).min(1).optional().describe('transaction types it may send'),
  allowedAddresses: z.array(Address).min(1).max(1_000).optional().describe('recipients it may send to'),
  maxTransactionUsd: UsdAmount.optional().describe('most that one transaction may be worth, US dollars'),
  maxTotalUsd: UsdAmount.optional().describe('most that the session may spend in its life, US dollars'),
})
export type SessionConstraints = z.output<typeof SessionConstraints>

/** What the operator says a session is; agents cannot change it. */
const SessionLabels = Labels.optional().describe(
  'what it is, up to 8 pairs such as {"team": "trading"}, for its whole life; policies can be of sessions with one of them',
)

const Ttl = z
  .int()
  .max(LONGEST_SESSION_TTL)
  .refine((ttl) => ttl === 0 || ttl >= 300, 'expected 0 (unlimited) or 300 to 31536000 seconds')
  .default(DEFAULT_SESSION_TTL)
  .describe('lifetime in seconds, 300 to 31536000; 0 is unlimited')
const ExpiresAt = UnixSeconds.describe('unix seconds; 0 is never')
/** How an MCP client starts our server; the token is read from the data directory, and never in here. */
export const McpServer = z.object({
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
})
export type McpServer = z.output<typeof McpServer>
const WalletRef = z.object({ id: Id, name: z.string() })

export const CreatedSession = z.object({
  id: Id,
  token: z.string(),
  expiresAt: ExpiresAt,
  walletId: Id,
  wallets: z.array(WalletRef),
})

export const SessionItem = z.object({
  id: Id,
  walletId: Id,
  walletName: z.string().nullable(),
  wallets: z.array(WalletRef),
  status: SessionStatus,
  renewalCount: z.int(),
  maxRenewals: z.int(),
  expiresAt: ExpiresAt,
  absoluteExpiresAt: ExpiresAt,
  createdAt: UnixSeconds,
  lastRenewedAt: UnixSeconds.nullable(),
  source: SessionSource,
  tokenIssuedCount: z.int(),
  constraints: SessionConstraints.nullable(),
  labels: SessionLabels,
  spentUsd: z
    .number()
    .nullable()
    .describe(
      'US dollars that it has spent in its whole life, fees and what is reserved included; null: no number bounds it, for an allowance without a limit is on its way',
    ),
  refusalsNotKept: z
    .int()
    .optional()
    .describe('requests that were refused after 10,000 others of the same day, and only counted'),
})

const one = z.strictObject({ id: Id })
const limits = ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'SESSION_LIMIT_EXCEEDED'] as const

/** What the operator hands to agents: tokens with an end, a set of wallets, and constraints. */
export const sessionOperations = {
  createSession: operation({
    method: 'POST',
    path: '/v1/sessions',
    access: operator,
    tag,
    summary: 'Create a session for one or more wallets. The answer has its token.',
    command: 'session create',
    example: '--wallet-id shop --ttl 86400',
    status: 201,
    aliases: { walletId: ['wallet_id'], walletIds: ['wallet_ids'] },
    ignored: ['source'],
    input: z
      .strictObject({
        walletId: WalletName.optional(),
        walletIds: z.array(WalletName).min(1).max(100).optional().describe('ids or names of several wallets'),
        ttl: Ttl,
        maxRenewals: z
          .int()
          .min(0)
          .max(1_000_000)
          .optional()
          .describe('how often it may be renewed; unlimited unless given'),
        absoluteLifetime: z
          .int()
          .min(0)
          .max(10 * LONGEST_SESSION_TTL)
          .optional()
          .describe('seconds after which no renewal helps; 0 is never'),
        constraints: SessionConstraints.nullable().optional().describe('what the session may do'),
        labels: SessionLabels,
      })
      .refine((input) => input.walletId !== undefined || input.walletIds !== undefined, {
        error: 'expected walletId or walletIds',
        path: ['walletId'],
      }),
    output: CreatedSession,
    errors: limits,
  }),
  listSessions: operation({
    method: 'GET',
    path: '/v1/sessions',
    access: ['agent', 'operator'],
    tag,
    summary: 'List sessions, newest first. An agent sees its own.',
    command: 'session list',
    tool: 'list_sessions',
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      walletId: WalletName.optional(),
      limit: Limit(50, 200),
      offset: Offset,
      cursor: cursors.id.optional(),
    }),
    output: z.object({ data: z.array(SessionItem), total: z.int(), limit: z.int(), offset: z.int(), ...nextPage }),
    errors: [],
  }),
  revokeSession: operation({
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    access: stopper,
    tag,
    summary:
      'Revoke a session. Once this has answered, nothing that it asked for is signed, but for a cancel of its own of what is on its way, which pays nobody.',
    command: 'session revoke',
    input: one,
    output: z.object({ id: Id, status: z.literal('REVOKED'), message: z.string().optional(), unwritten: Unwritten }),
    errors: ['SESSION_NOT_FOUND'],
  }),
  renewSession: operation({
    method: 'PUT',
    path: '/v1/sessions/{id}/renew',
    access: ['agent'],
    tag,
    summary:
      'Renew this session. That works after half of its lifetime, and the old token stays good until its own end.',
    input: one,
    output: z.object({ id: Id, token: z.string(), expiresAt: ExpiresAt, renewalCount: z.int() }),
    errors: [
      'SESSION_NOT_FOUND',
      'RENEWAL_NOT_REQUIRED',
      'RENEWAL_TOO_EARLY',
      'RENEWAL_LIMIT_REACHED',
      'SESSION_ABSOLUTE_LIFETIME_EXCEEDED',
      'SESSION_RENEWAL_MISMATCH',
    ],
  }),
  rotateSessionToken: operation({
    method: 'POST',
    path: '/v1/sessions/{id}/rotate',
    access: operator,
    tag,
    summary: 'Replace the token of a session. The old one works for one more minute.',
    command: 'session rotate',
    input: one,
    output: z.object({ id: Id, token: z.string(), expiresAt: ExpiresAt, tokenIssuedCount: z.int() }),
    errors: ['SESSION_NOT_FOUND', 'SESSION_REVOKED', 'TOKEN_EXPIRED'],
  }),
  reissueSession: operation({
    method: 'POST',
    path: '/v1/admin/sessions/{id}/reissue',
    access: operator,
    tag,
    summary: 'The same as rotateSessionToken, as clients of 2.x ask for it.',
    input: one,
    output: z.object({ token: z.string(), sessionId: Id, tokenIssuedCount: z.int(), expiresAt: ExpiresAt }),
    errors: ['SESSION_NOT_FOUND', 'SESSION_REVOKED', 'TOKEN_EXPIRED'],
  }),
  linkSessionWallet: operation({
    method: 'POST',
    path: '/v1/sessions/{id}/wallets',
    access: operator,
    tag,
    summary: 'Add a wallet to a session.',
    command: 'session link',
    status: 201,
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({ id: Id, walletId: WalletName }),
    output: z.object({ sessionId: Id, walletId: Id, createdAt: UnixSeconds }),
    errors: ['SESSION_NOT_FOUND', 'SESSION_REVOKED', 'WALLET_ALREADY_LINKED', ...limits],
  }),
  listSessionWallets: operation({
    method: 'GET',
    path: '/v1/sessions/{id}/wallets',
    access: operator,
    tag,
    summary: 'List the wallets of a session.',
    command: 'session wallets',
    input: one,
    output: z.object({ wallets: z.array(WalletRef.extend({ chain: z.string(), createdAt: UnixSeconds })) }),
    errors: ['SESSION_NOT_FOUND'],
  }),
  unlinkSessionWallet: operation({
    method: 'DELETE',
    path: '/v1/sessions/{id}/wallets/{walletId}',
    access: operator,
    tag,
    summary: 'Remove a wallet from a session. What the session asked of it is cancelled, unless it is signed.',
    command: 'session unlink',
    status: 204,
    input: z.strictObject({ id: Id, walletId: WalletName }),
    output: z.void(),
    errors: ['SESSION_NOT_FOUND', 'SESSION_REQUIRES_WALLET'],
  }),
  createMcpToken: operation({
    method: 'POST',
    path: '/v1/mcp/tokens',
    access: operator,
    tag,
    summary: 'Create a session for an MCP client. Its token is written into the data directory.',
    command: 'mcp token',
    status: 201,
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      walletId: WalletName,
      expiresIn: z
        .int()
        .min(300)
        .max(LONGEST_SESSION_TTL)
        .optional()
        .describe('lifetime in seconds; 24 hours unless given'),
      labels: SessionLabels,
    }),
    output: z.object({
      walletId: Id,
      walletName: z.string().nullable(),
      tokenPath: z.string(),
      expiresAt: ExpiresAt,
      claudeDesktopConfig: z
        .record(z.string(), McpServer)
        .describe('how an MCP client starts the server for this wallet, by the name that it shows'),
    }),
    errors: limits,
  }),
}
