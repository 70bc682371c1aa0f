import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { Expand } from './decision.ts'
import { DisplayCurrency } from './display.ts'
import { cursors, Id, Limit, nextPage, Offset, UnixSeconds } from './ids.ts'
import { LabelFilter } from './labels.ts'
import { LiftedPayment, LiftHours, NamedFee } from './lifts.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { formerRequest, refuseUnsendable, SEND_FORMS, SENDS, SendRequest, SimulateRequest } from './requests/request.ts'
import { AdminTransaction, Simulation, Transaction, TransactionDetail, TransactionSent } from './transaction-answers.ts'
import { seen, Wait } from './waiting.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import {
  Address,
  Digits,
  NetworkName,
  ofClients,
  TransactionStatus,
  TransactionType,
  Unwritten,
  UsdAmount,
} from './wire.ts'

const tag = 'Transactions'
const agent = ['agent'] as const
const operator = ['operator'] as const

/** What lists of transactions can be narrowed to. */
const filters = {
  status: TransactionStatus.optional().describe('those that are in it now'),
  type: TransactionType.optional().describe('those that were asked for as it'),
  network: NetworkName.optional(),
  address: Address.optional().describe('those that pay, let spend or call this address'),
  hash: z.string().min(1).max(128).optional().describe('the one whose bytes have, or had, this hash'),
  label: LabelFilter.optional(),
  since: UnixSeconds.optional().describe('made then or later, in unix seconds'),
  until: UnixSeconds.optional().describe('made then or earlier, in unix seconds'),
}
/** What the operator's list can be narrowed to, whatever the status. */
export const LISTED_ONLY = ['waiting', 'asked', 'refused'] as const
/** What a model needs of a transaction in a list; all of it is in its own tool. */
const rowShown = [
  ...['id', 'status', 'type', 'network', 'toAddress', 'humanAmount', 'amountSymbol', 'amountUsd', 'txHash'],
  ...['error', 'waitReason', 'labels', 'planId', 'createdAt'],
]
const detailShown = [
  ...rowShown,
  ...['summary', 'tier', 'walletId', 'explorerUrl', 'fee', 'memo', 'planStep', 'reason', 'sweepId', 'updatedAt'],
  ...['executeAt', 'approvalExpiresAt', 'duplicateOf', 'decision', 'effects', 'attempts'],
  ...['owners', 'signature', 'signedTransaction', 'removed'],
]
const CardCode = z
  .string()
  .max(40)
  .optional()
  .describe('the code of the card that was shown; what waits is answered only while it is still the same')
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

const Purpose = z.enum(['speed-up', 'cancel']).describe('what the replacement does')

const SIMULATES =
  'Try a transaction without sending it. The answer says what it would do, what it would cost and how it would be decided.'

/** The tool is for what a model asks about most; a dry run of the tool that sends it tries anything else. */
const SIMULATE_FORMS = [
  {
    tool: 'simulate_transaction',
    summary: SIMULATES,
    fields: ['type', 'to', 'humanAmount', 'token', 'spender', 'humanValue', 'calldata', 'network', 'walletId'],
  },
  {
    command: 'tx simulate',
    summary: SIMULATES,
    example: '--to 0x00000000219ab540356cBB839Cbe05303d7705Fa --human-amount 0.1',
  },
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
    hints: { openWorldHint: true },
    maxBody: CODE_BODY,
    aliases: walletAlias,
    alsoQuery: ['walletId', 'wait', 'expand'],
    refuse: refuseUnsendable,
    formerly: formerRequest,
    // What a call does is read from its bytes, whoever made it.
    ignored: ['actionProvider', 'actionName'],
    input: SendRequest.safeExtend({ expand: Expand }),
    output: z.union([TransactionSent, Simulation]),
    errors: [...buildErrors, 'POLICY_DENIED', 'RATE_LIMIT_EXCEEDED', 'WAITING_LIMIT_REACHED', 'KILL_SWITCH_ACTIVE'],
  }),
  simulate: operation({
    method: 'POST',
    path: '/v1/transactions/simulate',
    access: agent,
    tag,
    summary: SIMULATES,
    forms: SIMULATE_FORMS,
    hints: { readOnlyHint: true, idempotentHint: true },
    maxBody: CODE_BODY,
    aliases: walletAlias,
    alsoQuery: ['walletId'],
    refuse: refuseUnsendable,
    formerly: formerRequest,
    // What a call does is read from its bytes, whoever made it.
    ignored: ['actionProvider', 'actionName'],
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
    toolShows: rowShown,
    aliases: { ...walletAlias, displayCurrency: ['display_currency'] },
    input: z.strictObject({
      ...walletChoice,
      displayCurrency: DisplayCurrency,
      ...filters,
      limit: Limit(20, 100),
      cursor: cursors.id.optional(),
      expand: Expand,
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
    toolShows: rowShown,
    aliases: walletAlias,
    input: z.strictObject({
      ...walletChoice,
      limit: Limit(100, 500),
      cursor: cursors.id.optional(),
      expand: Expand,
    }),
    output: z.object({ items: z.array(Transaction), ...nextPage }),
    errors: walletErrors,
  }),
  getTransaction: operation({
    method: 'GET',
    path: '/v1/transactions/{id}',
    access: ['agent', 'operator'],
    tag,
    summary:
      'Show one transaction: what it does, its status, tier, hash and decision, and what was signed for it. With wait, once it is over or a human has to decide.',
    tool: 'get_transaction',
    toolShows: detailShown,
    command: 'tx get',
    aliases: { ...oneAlias, ...walletAlias, displayCurrency: ['display_currency'] },
    ignored: ['walletId', 'wallet_id'],
    input: z.strictObject({ id: Id, displayCurrency: DisplayCurrency, wait: Wait, seen: seen(TransactionStatus) }),
    output: TransactionDetail,
    errors: ['TX_NOT_FOUND'],
  }),
  cancelTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/{id}/cancel',
    access: agent,
    tag,
    summary: 'Cancel a transaction of yours that is not signed yet.',
    tool: 'cancel_transaction',
    hints: { idempotentHint: true },
    aliases: oneAlias,
    input: one,
    output: z.object({ id: Id, status: z.literal('CANCELLED'), unwritten: Unwritten }),
    errors: ['TX_NOT_FOUND', 'TX_ALREADY_PROCESSED'],
  }),
  previewReplacement: operation({
    method: 'GET',
    path: '/v1/transactions/{id}/replacement',
    access: ['operator'],
    tag,
    summary: 'Show what speeding up or cancelling a transaction would cost at most now. Nothing is signed.',
    command: 'tx replacement',
    example: '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57 --with cancel',
    input: z.strictObject({ id: Id, with: Purpose }),
    output: z.object({
      id: Id,
      with: Purpose,
      network: z.string(),
      symbol: z.string().describe('of the native currency, in which fees are paid'),
      maxFee: Digits.describe('base units that its fee can come to; it takes the place of the one before'),
      maxFeeFormatted: z.string(),
      replacedMaxFee: Digits.describe('the same of what is sent now'),
    }),
    errors: ['TX_NOT_FOUND', 'TX_ALREADY_PROCESSED', 'CHAIN_NOT_SUPPORTED', 'CHAIN_ERROR', 'INVALID_TRANSACTION'],
  }),
  replaceTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/{id}/replace',
    access: ['agent', 'operator'],
    tag,
    summary:
      'Speed up or cancel a transaction that is sent and in no block yet. It works on EVM networks, by paying a higher fee.',
    tool: 'replace_transaction',
    hints: { openWorldHint: true },
    command: 'tx replace',
    example: '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57 --with speed-up',
    aliases: oneAlias,
    input: z.strictObject({
      id: Id,
      with: Purpose,
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
    example: '--wallet-id shop --status CONFIRMED',
    aliases: { wallet_id: ['walletId'], session_id: ['sessionId'] },
    input: z.strictObject({
      wallet_id: WalletName.optional(),
      session_id: Id.optional().describe('those that this session has asked for'),
      ...filters,
      only: z
        .enum(LISTED_ONLY)
        .optional()
        .describe(
          'waiting: not signed yet; asked: those that were put to a human, whatever came of it; refused: those that the policies did not let pass',
        ),
      search: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .describe('part of a hash, a recipient, a label, the id, or the name of a wallet or contact'),
      limit: Limit(20, 100),
      offset: Offset,
      cursor: cursors.id.optional(),
      expand: Expand,
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
      'Approve a transaction that waits, exactly as it was shown. Its fee may come to what was shown, or to maxFee, and its value to upToUsd when prices move. Of a wallet whose owner has verified, the owner approves.',
    command: 'tx approve',
    input: z.strictObject({
      id: Id,
      code: CardCode,
      maxFee: NamedFee,
      upToUsd: UsdAmount.optional().describe(
        'what its value may come to when it is signed, for this one alone, whatever prices do meanwhile (110 % of what was shown)',
      ),
      overCeiling: z
        .boolean()
        .optional()
        .describe("let it pass above its wallet's ceiling too, once, as it is shown; the signer asks for the password"),
      hours: LiftHours.optional().describe('how long it may wait for its signature above the ceiling (24)'),
      payment: ofClients(
        LiftedPayment.optional().describe('what passes above the ceiling; with X-Master-Proof it takes this'),
      ),
    }),
    output: z.object({
      id: Id,
      status: TransactionStatus,
      approvedAt: UnixSeconds,
      worstCase: z
        .string()
        .optional()
        .describe('how it moves the worst case of its wallet; absent where nobody could tell in time'),
    }),
    errors: [
      'OWNER_CONSENT_REQUIRED',
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
    whileLoggedIn: 'acts',
    input: z.strictObject({ id: Id, code: CardCode }),
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
