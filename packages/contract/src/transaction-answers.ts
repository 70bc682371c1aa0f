import { z } from 'zod'
import { ShownDecision, Tier } from './decision.ts'
import { Effect, Effects } from './effects.ts'
import { Id, UnixSeconds } from './ids.ts'
import { Labels } from './labels.ts'
import { OwnersAgreed } from './owners.ts'
import { SeenGasCondition } from './requests/gas-condition.ts'
import { Digits, HumanAmount, TransactionStatus, TransactionType } from './wire.ts'

/** What a send answers. */
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
  decision: ShownDecision.optional(),
  error: z.string().nullable().optional().describe('with wait, or of a repeat: why it has ended so'),
  waitReason: z.string().nullable().optional().describe('with wait, or of a repeat: why it is not over yet'),
})
export type TransactionSent = z.output<typeof TransactionSent>

/** What trying one shows. */
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
  decision: ShownDecision.optional(),
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
  decision: ShownDecision.nullable().optional(),
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

/** A signature that was made, or asked for, to carry it out; the newest is the last. */
const Attempt = z.object({
  purpose: z
    .enum(['send', 'sign-only', 'speed-up', 'cancel'])
    .describe('sign-only: for its caller to send; speed-up and cancel take the place of those before'),
  state: z
    .enum(['issued', 'recorded', 'included', 'final', 'void', 'dropped', 'reused'])
    .describe('issued: not signed yet; recorded: signed; included: in a block; void, dropped, reused: never to land'),
  nonce: z.int().nullable(),
  txHash: z.string().nullable(),
  explorerUrl: z.string().nullable(),
  maxFee: Digits.describe('the most that its fee can be, in native base units'),
  paidFee: Digits.nullable(),
  blockHeight: z.int().nullable(),
  error: z.string().nullable(),
  createdAt: UnixSeconds,
})

/** One transaction with all that is known of it. */
export const TransactionDetail = Transaction.extend({
  summary: z.string().nullable().describe('what its bytes do, in one sentence; null when that is not kept any more'),
  deeds: z
    .array(z.string())
    .nullable()
    .describe('the same, each thing for itself, in whole units; null when that is not kept any more'),
  effects: z.array(Effect).nullable().describe('what its bytes do; null when that is not kept any more'),
  attempts: z.array(Attempt).describe('what was signed for it, the newest last'),
  owners: OwnersAgreed.optional().describe(
    'while it waits for the owners of its wallet: who has agreed, and who has not',
  ),
})
export type TransactionDetail = z.output<typeof TransactionDetail>

/** As the operator lists it. */
export const AdminTransaction = Transaction.extend({
  walletName: z.string().nullable(),
  sessionId: Id.nullable().optional(),
  formattedAmount: z.string().nullable(),
  contractName: z.string().nullable().optional(),
  contractNameSource: z.string().nullable().optional(),
})
