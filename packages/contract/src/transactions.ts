import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { Decision, Tier } from './decision.ts'
import { Effects } from './effects.ts'
import { cursors, Id, Limit, nextPage, Offset, UnixSeconds } from './ids.ts'
import { LabelFilter, Labels } from './labels.ts'
import { LiftedPayment, LiftHours, NamedFee } from './lifts.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { SeenGasCondition } from './requests/gas-condition.ts'
import { refuseUnsendable, SEND_FORMS, SENDS, SendRequest, SimulateRequest } from './requests/request.ts'
import { seen, Wait } from './waiting.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import { Digits, HumanAmount, NetworkName, ofClients, TransactionStatus, TransactionType, Unwritten } from './wire.ts'

const tag = 'Transactions'
const agent = ['agent'] as const
const operator = ['operator'] as const

export const TransactionSent = z.object({
  id: Id,
  status: TransactionStatus,
  tier: Tier,
  walletId: Id,
  type: TransactionType,
  network: z.string(),
  amount: Digits.nullable(),
  humanAmount: HumanAmount.nullable(),
  txHash: z.string().nullable().optional(),
  duplicateOf: Id.optional().describe(
    'an identical request of the last 60 s; where it is the id itself, its answer had got lost and nothing new was made',
  ),
  decision: Decision.optional(),
  error: z.string().nullable().optional().describe('with wait: why it has ended so'),
  waitReason: z.string().nullable().optional().describe('with wait: why it is not over yet'),
})
export type TransactionSent = z.output<typeof TransactionSent>

export const Simulation = z.object({
  success: z.boolean(),
  policy: z.object({
    tier: Tier.nullable(),
    allowed: z.boolean(),
    reason: z.string().optional(),
    delaySeconds: z.int().optional(),
    approvalReason: z.string().optional().describe('what asks for a human'),
    cumulativeWarning: z
      .object({ type: z.string(), ratio: z.number(), spent: z.number(), limit: z.number() })
      .optional(),
  }),
  fee: z
    .object({
      estimatedFee: Digits.describe('the most that it can cost, in base units'),
      feeSymbol: z.string(),
      feeDecimals: z.int(),
      feeUsd: z.number().nullable(),
      needsAtaCreation: z.boolean().optional(),
      ataRentCost: Digits.optional(),
    })
    .nullable(),
  balanceChanges: z.array(
    z.object({
      asset: z.string(),
      symbol: z.string(),
      decimals: z.int(),
      currentBalance: z.string(),
      changeAmount: z.string(),
      afterBalance: z.string(),
    }),
  ),
  warnings: z.array(
    z.object({ code: z.string(), message: z.string(), severity: z.enum(['info', 'warning', 'error']) }),
  ),
  simulation: z.object({
    success: z.boolean(),
    logs: z.array(z.string()).describe('what programs print; contracts print nothing, and what they do is in effects'),
    unitsConsumed: Digits.nullable().describe('gas or compute units that a node tells; null where it would fail'),
    error: z.string().nullable(),
  }),
  effects: Effects.describe('what the bytes do, and what was seen beside them'),
  meta: z.object({ chain: z.string(), network: z.string(), transactionType: TransactionType, durationMs: z.number() }),
  gasCondition: SeenGasCondition.optional(),
  amount: Digits.nullable(),
  humanAmount: HumanAmount.nullable(),
  decision: Decision.optional(),
})
export type Simulation = z.output<typeof Simulation>

/** A transaction as clients read it. `txHash` is null until signed bytes exist; a terminal status is what the chain shows. */
export const Transaction = z.object({
  id: Id,
  walletId: Id,
  type: TransactionType,
  status: TransactionStatus,
  tier: Tier.nullable(),
  chain: z.string(),
  network: z.string().nullable(),
  chainId: z.string().optional().describe('CAIP-2'),
  fromAddress: z.string().nullable().optional(),
  toAddress: z.string().nullable(),
  amount: Digits.nullable(),
  amountFormatted: z.string().nullable().optional(),
  amountDecimals: z.int().nullable().optional(),
  amountSymbol: z.string().nullable().optional(),
  humanAmount: HumanAmount.nullable().optional(),
  amountUsd: z.number().nullable().optional(),
  assetId: z.string().nullable().optional(),
  txHash: z.string().nullable(),
  explorerUrl: z.string().nullable().optional(),
  fee: z
    .object({ max: Digits, paid: Digits.nullable(), named: Digits.nullable().optional(), symbol: z.string() })
    .nullable()
    .optional()
    .describe('native base units; named is what a human has approved, or named, as the most'),
  error: z.string().nullable(),
  waitReason: z.string().nullable().optional().describe('why it is not over yet; null when it is'),
  memo: z.string().nullable().optional(),
  labels: Labels.nullable().optional(),
  planId: Id.optional().describe('the plan that it is a step of'),
  reason: z.enum(['SWEEP']).optional().describe('why the daemon asked for it itself: SWEEP'),
  sweepId: Id.optional().describe('the sweep that it is a step of'),
  planStep: z.int().optional().describe('which step of its plan it is, from 1 on'),
  createdAt: UnixSeconds.nullable(),
  updatedAt: UnixSeconds.nullable().optional(),
  executeAt: UnixSeconds.nullable().optional().describe('when a delay has been served'),
  approvalExpiresAt: UnixSeconds.nullable().optional(),
  duplicateOf: Id.nullable().optional(),
  displayAmount: z.string().nullable().optional(),
  displayCurrency: z.string().nullable().optional(),
  decision: Decision.nullable().optional(),
  signature: z
    .string()
    .optional()
    .describe('of a SIGN that is SIGNED, for the session that asked for it, while its wallet may sign'),
  signedTransaction: z.string().optional().describe('of a SIGN of a transaction, likewise; whoever has it can send it'),
  removed: z
    .array(z.enum(['request', 'effects', 'bytes']))
    .optional()
    .describe(
      'what is not kept of it any more, when its time has passed: what was asked in full, its effects, its bytes',
    ),
})
export type Transaction = z.output<typeof Transaction>

const AdminTransaction = Transaction.extend({
  walletName: z.string().nullable(),
  sessionId: Id.nullable().optional(),
  formattedAmount: z.string().nullable(),
  contractName: z.string().nullable().optional(),
  contractNameSource: z.string().nullable().optional(),
})

const one = z.strictObject({ id: Id })
const oneAlias = { id: ['transaction_id', 'txId'] } as const
const walletErrors = ['WALLET_ID_REQUIRED', 'WALLET_NOT_FOUND', 'WALLET_TERMINATED'] as const
/** What may be wrong with what is asked for, before it is judged. */
export const buildErrors = [
  ...walletErrors,
  'WALLET_SUSPENDED',
  'NETWORK_REQUIRED',
  'ENVIRONMENT_NETWORK_MISMATCH',
  'CHAIN_NOT_SUPPORTED',
  'INVALID_ADDRESS',
  'INVALID_TRANSACTION',
  'ABI_ENCODING_FAILED',
  'UNSUPPORTED_TX_TYPE',
  'BATCH_NOT_SUPPORTED',
  'TOKEN_NOT_FOUND',
  'TOKEN_UNSUPPORTED',
  'INSUFFICIENT_BALANCE',
  'CONSTRAINT_VIOLATED',
  'CHAIN_ERROR',
] as const

/** What an agent asks for and what became of it. */
export const transactionOperations = {
  sendToken: operation({
    method: 'POST',
    path: '/v1/transactions/send',
    access: agent,
    tag,
    summary: `Send ${SENDS}. The answer says at once what the policies decided, or with wait what became of it.`,
    forms: SEND_FORMS,
    status: 201,
    alternative: { status: 200, when: 'dryRun' },
    idempotent: true,
    maxBody: CODE_BODY,
    aliases: walletAlias,
    alsoQuery: ['walletId', 'wait'],
    refuse: refuseUnsendable,
    input: SendRequest,
    output: z.union([TransactionSent, Simulation]),
    errors: [...buildErrors, 'POLICY_DENIED', 'RATE_LIMIT_EXCEEDED', 'WAITING_LIMIT_REACHED', 'KILL_SWITCH_ACTIVE'],
  }),
  simulate: operation({
    method: 'POST',
    path: '/v1/transactions/simulate',
    access: agent,
    tag,
    summary:
      'Try a transaction without sending it. The answer says what it would do, what it would cost and how it would be decided.',
    tool: 'simulate_transaction',
    command: 'tx simulate',
    maxBody: CODE_BODY,
    aliases: walletAlias,
    alsoQuery: ['walletId'],
    refuse: refuseUnsendable,
    input: SimulateRequest,
    output: Simulation,
    errors: buildErrors,
  }),
  listTransactions: operation({
    method: 'GET',
    path: '/v1/transactions',
    access: agent,
    tag,
    summary: 'List the transactions of a wallet, newest first.',
    tool: 'list_transactions',
    aliases: walletAlias,
    ignored: ['display_currency'],
    input: z.strictObject({
      ...walletChoice,
      label: LabelFilter.optional(),
      limit: Limit(20, 100),
      cursor: cursors.id.optional(),
    }),
    output: z.object({ items: z.array(Transaction), cursor: z.string().nullable(), hasMore: z.boolean() }),
    errors: walletErrors,
  }),
  listPendingTransactions: operation({
    method: 'GET',
    path: '/v1/transactions/pending',
    access: agent,
    tag,
    summary: 'List the transactions that wait for their turn, a delay or an approval.',
    tool: 'list_pending_transactions',
    aliases: walletAlias,
    input: z.strictObject({ ...walletChoice, limit: Limit(100, 500), cursor: cursors.id.optional() }),
    output: z.object({ items: z.array(Transaction), ...nextPage }),
    errors: walletErrors,
  }),
  getTransaction: operation({
    method: 'GET',
    path: '/v1/transactions/{id}',
    access: ['agent', 'operator'],
    tag,
    summary:
      'Show one transaction: its status, tier, hash and decision. With wait, once it is over or a human has to decide.',
    tool: 'get_transaction',
    command: 'tx get',
    aliases: { ...oneAlias, ...walletAlias },
    ignored: ['display_currency', 'walletId', 'wallet_id'],
    input: z.strictObject({ id: Id, wait: Wait, seen: seen(TransactionStatus) }),
    output: Transaction,
    errors: ['TX_NOT_FOUND'],
  }),
  cancelTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/{id}/cancel',
    access: agent,
    tag,
    summary: 'Cancel a transaction of yours that is not signed yet.',
    tool: 'cancel_transaction',
    aliases: oneAlias,
    input: one,
    output: z.object({ id: Id, status: z.literal('CANCELLED'), unwritten: Unwritten }),
    errors: ['TX_NOT_FOUND', 'TX_ALREADY_PROCESSED'],
  }),
  replaceTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/{id}/replace',
    access: ['agent', 'operator'],
    tag,
    summary:
      'Speed up or cancel a transaction that is sent and in no block yet. It works on EVM networks, by paying a higher fee.',
    tool: 'replace_transaction',
    command: 'tx replace',
    aliases: oneAlias,
    input: z.strictObject({
      id: Id,
      with: z.enum(['speed-up', 'cancel']).describe('what the replacement does'),
      maxFee: NamedFee,
    }),
    output: z.object({ id: Id, status: z.literal('SUBMITTED'), txHash: z.string() }),
    errors: [
      'TX_NOT_FOUND',
      'TX_ALREADY_PROCESSED',
      'WALLET_SUSPENDED',
      'POLICY_DENIED',
      'CEILING_EXCEEDED',
      'REPLACEMENT_TOO_SOON',
      'REPLACEMENT_LIMIT_REACHED',
      'INVALID_TRANSACTION',
      'INSUFFICIENT_BALANCE',
      'CHAIN_NOT_SUPPORTED',
      'CHAIN_ERROR',
    ],
  }),
  adminListTransactions: operation({
    method: 'GET',
    path: '/v1/admin/transactions',
    access: operator,
    tag,
    summary: 'List the transactions of all wallets, newest first.',
    command: 'tx list',
    aliases: { wallet_id: ['walletId'] },
    input: z.strictObject({
      wallet_id: WalletName.optional(),
      type: TransactionType.optional(),
      status: TransactionStatus.optional(),
      network: NetworkName.optional(),
      label: LabelFilter.optional(),
      since: UnixSeconds.optional(),
      until: UnixSeconds.optional(),
      search: z.string().min(1).max(128).optional().describe('part of a hash or recipient'),
      limit: Limit(20, 100),
      offset: Offset,
      cursor: cursors.id.optional(),
    }),
    output: z.object({
      items: z.array(AdminTransaction),
      total: z.int(),
      offset: z.int(),
      limit: z.int(),
      ...nextPage,
    }),
    errors: [],
  }),
  showOverCeiling: operation({
    method: 'GET',
    path: '/v1/admin/transactions/{id}/over-ceiling',
    access: operator,
    tag,
    summary: 'Show what approving a transaction that waits above the ceiling of its wallet would have signed.',
    input: one,
    output: z.object({
      id: Id,
      network: z.string(),
      why: z.string().nullable().describe('why the ceiling stops it; null: the daemon sees nothing that does'),
      payment: LiftedPayment,
    }),
    errors: ['TX_NOT_FOUND', 'TX_ALREADY_PROCESSED', 'INVALID_TRANSACTION', 'CHAIN_NOT_SUPPORTED', 'CHAIN_ERROR'],
  }),
  adminApproveTransaction: operation({
    method: 'POST',
    path: '/v1/admin/transactions/{id}/approve',
    access: operator,
    tag,
    summary:
      'Approve a transaction that waits, exactly as it was shown. Its fee may come to what was shown, or to maxFee. It is for wallets without an owner.',
    command: 'tx approve',
    input: z.strictObject({
      id: Id,
      maxFee: NamedFee,
      overCeiling: z
        .boolean()
        .optional()
        .describe("let it pass above its wallet's ceiling too, once, as it is shown; the signer asks for the password"),
      hours: LiftHours.optional().describe('how long it may wait for its signature above the ceiling (24)'),
      payment: ofClients(
        LiftedPayment.optional().describe('what passes above the ceiling; with X-Master-Proof it takes this'),
      ),
    }),
    output: z.object({ id: Id, status: TransactionStatus, approvedAt: UnixSeconds }),
    errors: [
      'TX_NOT_FOUND',
      'APPROVAL_NOT_FOUND',
      'TX_ALREADY_PROCESSED',
      'WALLET_SUSPENDED',
      'WALLET_TERMINATED',
      'POLICY_DENIED',
      'CEILING_EXCEEDED',
      'INVALID_TRANSACTION',
      'CHAIN_NOT_SUPPORTED',
      'CHAIN_ERROR',
    ],
  }),
  adminRejectTransaction: operation({
    method: 'POST',
    path: '/v1/admin/transactions/{id}/reject',
    access: operator,
    tag,
    summary: 'Reject a transaction that waits.',
    command: 'tx reject',
    input: one,
    output: z.object({ id: Id, status: z.literal('CANCELLED'), rejectedAt: UnixSeconds }),
    errors: ['TX_NOT_FOUND', 'APPROVAL_NOT_FOUND', 'TX_ALREADY_PROCESSED'],
  }),
  adminCancelTransaction: operation({
    method: 'POST',
    path: '/v1/admin/transactions/{id}/cancel',
    access: operator,
    tag,
    summary: 'Cancel a transaction that is not signed yet.',
    command: 'tx cancel',
    input: one,
    output: z.object({ id: Id, status: z.literal('CANCELLED'), unwritten: Unwritten }),
    errors: ['TX_NOT_FOUND', 'TX_ALREADY_PROCESSED'],
  }),
}
