import { z } from 'zod'
import { AnsweredOver, approvalEvents } from './approval-events.ts'
import { autostopEvents } from './autostop-events.ts'
import { contactEvents } from './contact-events.ts'
import { Reason, Tier } from './decision.ts'
import { Effect } from './effects.ts'
import { Labels } from './labels.ts'
import { noticeEvents } from './notice-events.ts'
import { ownerEvents } from './owner-events.ts'
import { pairingEvents } from './pairing-events.ts'
import { sweepEvents } from './sweep-events.ts'
import { tokenEvents } from './token-events.ts'

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** All that the evidence and the documents need to know of one event. */
type EventEntry = {
  /** What it is recorded with at least; a single case may be worse. */
  readonly severity: Severity
  /** One sentence: what has happened. */
  readonly summary: string
  /** What is told beside actor, wallet, session, transaction and address. Made when it is asked for, which is in tests alone. */
  readonly details: () => z.ZodType<Readonly<Record<string, unknown>>>
}

const Count = z.int().min(0)
const Text = z.string()
const TextOrNull = z.string().nullable()
const None = () => z.strictObject({})
/** Of a stop that could not be written when it was asked for: since when it held, in unix milliseconds. */
const heldSince = z.int().optional()

const Wallet = { name: Text, chain: Text, environment: Text, address: Text, defaultPolicy: TextOrNull }
const Recounted = { scope: Text, unit: Text, said: Text, open: Text }
const Policy = {
  ...{ id: Text, type: Text, network: TextOrNull, rules: Text, priority: z.int(), enabled: z.boolean() },
  scope: Text.optional().describe('the session, or the label of sessions, that it is of'),
  name: Text.optional(),
}
/** A change that may let more out than before is marked, and a warning. */
const loosens = z.literal(true).optional().describe('more may leave than before')
const Updated = () => z.strictObject({ ...Policy, before: Before(), loosens })
const Deleted = () => z.strictObject({ ...Policy, loosens })
const Before = () => z.strictObject({ rules: Text, priority: z.int(), enabled: z.boolean() })
const Tokens = () => z.strictObject({ expiresAt: z.int(), renewals: Count })
const Stopped = () => z.strictObject({ state: Text, revoked: Count, heldSince })
const Hold = z.enum(['start', 'jump'])

const decisionHash = Text.optional().describe('SHA-256 of the decision as it is stored')
/** What was decided on a request. */
const Decided = () =>
  z.strictObject({
    type: Text,
    network: Text,
    to: TextOrNull,
    asset: TextOrNull,
    amount: TextOrNull,
    digest: TextOrNull,
    tier: Tier,
    usd: z.number().optional(),
    labels: Labels.optional(),
    plan: Text.optional(),
    sweep: Text.optional(),
    step: Count.optional(),
    reasons: z.array(Reason).optional(),
    policyVersion: z.int().nullable(),
    ...{ contentHash: Text.optional().describe('SHA-256 of request and effects as they are stored'), decisionHash },
  })
/** Of gas, as the network asks for it; in its smallest unit. */
const UnitPrice = () => z.strictObject({ asked: Text, tip: Text })
const JudgedAgain = () =>
  z.strictObject({ tier: Tier, reasons: z.array(Reason), judgedAgain: z.literal(true), decisionHash })
/** The end of a transaction of which nothing had left. `ledger` is the fault that kept its reservation. */
const Ended = () =>
  z.strictObject({ from: Text, reason: Text, code: TextOrNull, ledger: Text.optional(), channel: AnsweredOver })
/** Signed bytes, stored and about to leave. */
const Signed = () =>
  z.strictObject({
    hash: Text,
    bytesHash: Text,
    digest: Text,
    nonce: z.int().nullable(),
    purpose: Text.optional(),
    fee: Text.optional().describe('of a replacement: the most that it can pay, in native base units'),
    tier: Tier.optional().describe('of a replacement: how it was judged'),
    maxFee: Text.optional().describe('of a replacement: what the operator let its fee come to, in native base units'),
    decisionHash,
  })
const Landed = () =>
  z.strictObject({
    hash: TextOrNull,
    height: z.int(),
    block: Text,
    fee: Text,
    error: Text.optional(),
  })
/** Signed bytes that are proven never to land. */
const Voided = () => z.strictObject({ hash: TextOrNull, proof: Text, by: Text.optional(), signedAnew: z.boolean() })

/** What the audit log records. Each is written in the database transaction of the change that it tells of. */
export const events = {
  WALLET_CREATED: {
    severity: 'info',
    summary: 'A wallet was made with a fresh key.',
    details: () => z.strictObject(Wallet),
  },
  WALLET_IMPORTED: {
    severity: 'info',
    summary: 'A wallet was made with a key from elsewhere.',
    details: () => z.strictObject({ ...Wallet, format: Text }),
  },
  WALLET_EXPORTED: {
    severity: 'critical',
    summary: 'The key of a wallet was asked for with the right password, and left the signer.',
    details: () => z.strictObject({ format: Text, sealed: z.boolean() }),
  },
  WALLET_RENAMED: {
    severity: 'info',
    summary: 'A wallet has another name.',
    details: () => z.strictObject({ from: Text, to: Text }),
  },
  WALLET_CEILING_CHANGED: {
    severity: 'info',
    summary: 'The signer signs more or less for a wallet than before.',
    details: () => z.strictObject({ network: Text, from: z.unknown(), to: z.unknown(), loosens }),
  },
  WALLET_SUSPENDED: {
    severity: 'warning',
    summary: 'A wallet signs nothing until it is resumed.',
    details: () => z.strictObject({ reason: Text, heldSince }),
  },
  WALLET_RESUMED: { severity: 'info', summary: 'A suspended wallet signs again.', details: None },
  SPENDS_CONFIRMED: {
    severity: 'warning',
    summary: 'The operator said that all is known that a restored wallet has spent.',
    details: () => z.strictObject({ before: z.int() }),
  },
  WALLET_TERMINATED: {
    severity: 'warning',
    summary: 'A wallet has ended for good.',
    details: None,
  },
  WALLET_PURGED: {
    severity: 'critical',
    summary: 'The key of a terminated wallet was deleted.',
    details: () => z.strictObject({ address: Text }),
  },
  ...ownerEvents,
  SESSION_CREATED: {
    severity: 'info',
    summary: 'A session may use a wallet.',
    details: () =>
      z.strictObject({
        expiresAt: z.int(),
        constraints: z.looseObject({}).nullable(),
        source: Text,
        wallets: z.array(Text),
        labels: z.record(z.string(), z.string()).optional(),
      }),
  },
  SESSION_REVOKED: {
    severity: 'info',
    summary: 'A session was ended.',
    details: () => z.strictObject({ reason: Text.optional(), heldSince }),
  },
  SESSION_RENEWED: { severity: 'info', summary: 'A session got a new token and more time.', details: Tokens },
  SESSION_ROTATED: { severity: 'info', summary: 'A session got a new token.', details: Tokens },
  SESSION_WALLET_ADDED: { severity: 'info', summary: 'A session may use one more wallet.', details: None },
  SESSION_WALLET_REMOVED: {
    severity: 'info',
    summary: 'A session lost a wallet.',
    details: () => z.strictObject({ reason: Text.optional() }),
  },
  ...pairingEvents,
  ...tokenEvents,
  ...contactEvents,
  POLICY_CREATED: {
    severity: 'info',
    summary: 'A policy was written.',
    details: () =>
      z.strictObject({
        ...Policy,
        isDefault: z.literal(true).optional(),
        replacesDefault: z.literal(true).optional(),
        loosens: z.boolean().optional().describe('more may leave than before'),
      }),
  },
  POLICY_UPDATED: { severity: 'info', summary: 'A policy was changed.', details: Updated },
  POLICY_DELETED: { severity: 'info', summary: 'A policy was taken away.', details: Deleted },
  REFUSALS_COUNTED: {
    severity: 'warning',
    summary: 'A session had so many requests refused in a day that further ones of the day are only counted.',
    details: () => z.strictObject({ kept: Count }),
  },
  PRICE_NOT_BELIEVED: {
    severity: 'warning',
    summary: 'A price moved too far, or two sources told it differently, so that it counts as unknown.',
    details: () => z.strictObject({ source: Text.describe('the network of a feed, or the asset'), reason: Text }),
  },
  ENDPOINTS_DISAGREE: {
    severity: 'warning',
    summary: 'Two endpoints contradict each other about whether a transaction failed; it counts as pending.',
    details: () => z.strictObject({ network: Text, hash: Text }),
  },
  POLICY_DENIED: { severity: 'warning', summary: 'The policies refused a request.', details: Decided },
  TOKEN_ADDED: {
    severity: 'info',
    summary: 'The operator registered a token.',
    details: () =>
      z.strictObject({ network: Text, address: Text, symbol: Text, decimals: z.int(), symbolOnChain: Text, loosens }),
  },
  TOKEN_REMOVED: {
    severity: 'info',
    summary: 'The operator took a token back.',
    details: () => z.strictObject({ network: Text, address: Text, symbol: Text, loosens }),
  },
  SETTINGS_CHANGED: {
    severity: 'info',
    summary: 'Settings have other values; of secrets only that they changed is told.',
    details: () =>
      z.strictObject({
        keys: z.array(Text),
        changes: z.array(
          z.strictObject({
            key: Text,
            from: Text,
            to: Text,
            unset: z.literal(true).optional(),
            loosens,
          }),
        ),
      }),
  },
  KILL_SWITCH_ACTIVATED: { severity: 'critical', summary: 'The kill switch stopped all signing.', details: Stopped },
  KILL_SWITCH_ESCALATED: {
    severity: 'critical',
    summary: 'The stopped daemon was locked, and all sessions were revoked.',
    details: Stopped,
  },
  KILL_SWITCH_RECOVERED: {
    severity: 'critical',
    summary: 'The kill switch was lifted.',
    details: () => z.strictObject({ from: Text, owner: Text.optional().describe('who agreed') }),
  },
  BACKLOG_CANCELLED: {
    severity: 'info',
    summary: 'All that waited when a stop was made has been cancelled.',
    details: () => z.strictObject({ reason: Text, code: Text, cancelled: Count }),
  },
  CLOCK_HELD: {
    severity: 'critical',
    summary: 'The clock of the machine is not believed.',
    details: () => z.strictObject({ since: Hold, aheadSeconds: z.int() }),
  },
  CLOCK_ACKNOWLEDGED: {
    severity: 'critical',
    summary: 'The operator said that the clock is right.',
    details: () => z.strictObject({ since: Hold, before: z.int(), after: z.int(), gainedSeconds: z.int() }),
  },
  CLOCK_RELEASED: {
    severity: 'warning',
    summary: 'The clock is believed again.',
    details: () => z.strictObject({ reason: Text }),
  },
  MASTER_AUTH_FAILED: {
    severity: 'warning',
    summary: 'A wrong master password; critical where one address tried in a minute.',
    details: () =>
      z.union([
        z.strictObject({ at: z.literal('export') }),
        z.strictObject({ attempts: z.int().min(1), minute: z.int() }),
      ]),
  },
  MASTER_PASSWORD_CHANGED: { severity: 'critical', summary: 'There is another master password.', details: None },
  SHUTDOWN_REQUESTED: { severity: 'warning', summary: 'The operator asked the daemon to end.', details: None },
  BACKUP_CREATED: {
    severity: 'info',
    summary: 'A backup was written.',
    details: () => z.strictObject({ path: Text, size: Count, createdAt: Text, deleted: z.array(Text) }),
  },
  BACKUP_RESTORED: {
    severity: 'critical',
    summary: 'The database is that of a backup; its sessions and stop tokens are ended and its wallets suspended.',
    details: () =>
      z.strictObject({
        createdAt: Text,
        daemonVersion: Text,
        auditWhole: z.boolean(),
        revoked: Count,
        suspended: Count,
        cancelled: Count,
      }),
  },
  ...sweepEvents,
  TX_REQUESTED: {
    severity: 'info',
    summary: 'A request was allowed and goes on; a warning in the tier NOTIFY.',
    details: Decided,
  },
  TX_QUEUED: {
    severity: 'info',
    summary: 'A request waits for its delay or for an approval.',
    details: () => z.union([Decided(), JudgedAgain()]),
  },
  TX_GAS_WAITING: {
    severity: 'info',
    summary: 'A request waits until gas is as cheap as it asked for.',
    details: () => UnitPrice().extend({ until: z.int().describe('unix milliseconds') }),
  },
  TX_GAS_CONDITION_MET: {
    severity: 'info',
    summary: 'Gas became as cheap as a request asked for, and it goes on.',
    details: () => UnitPrice(),
  },
  ...approvalEvents,
  ...autostopEvents,
  ...noticeEvents,
  TX_REJECTED: { severity: 'info', summary: 'A human rejected what waited.', details: Ended },
  TX_CANCELLED: {
    severity: 'info',
    summary: 'A transaction was taken back; critical where something is not as it must be.',
    details: () => z.union([Ended(), z.strictObject({ hash: TextOrNull, nonce: z.int().nullable(), fee: TextOrNull })]),
  },
  TX_EXPIRED: {
    severity: 'info',
    summary: 'Nobody approved in time, or, a warning, signed bytes did not land in time.',
    details: () => z.union([Ended(), Voided()]),
  },
  TX_SIGNED: {
    severity: 'warning',
    summary: 'A signature was made and thrown away.',
    details: () => z.strictObject({ discarded: Text, bytesHash: Text }),
  },
  TX_GIVEN_OUT: {
    severity: 'info',
    summary: 'A transaction is signed and given to the session that asked for it, which may send it.',
    details: Signed,
  },
  MESSAGE_SIGNED: {
    severity: 'info',
    summary: 'The signature of a message is stored, for the session that asked for it.',
    details: () => z.strictObject({ bytesHash: Text, digest: Text, decisionHash }),
  },
  VOUCHER_ENDED: {
    severity: 'info',
    summary: 'A permit, or another signature that others could use, is used or can be used no more.',
    details: () => z.strictObject({ isUsed: z.boolean() }),
  },
  TX_SUBMITTED: { severity: 'info', summary: 'Signed bytes are stored and leave.', details: Signed },
  TX_REPLACED: { severity: 'info', summary: 'Bytes that outbid earlier ones are stored and leave.', details: Signed },
  TX_CONFIRMED: { severity: 'info', summary: 'A transaction is in a block and has succeeded.', details: Landed },
  TX_FAILED: {
    severity: 'info',
    summary: 'A transaction could not be made, or, a warning, it reverted; critical where it could not be judged.',
    details: () => z.union([Ended(), Landed()]),
  },
  TX_REORGED: {
    severity: 'warning',
    summary: 'The block of a transaction left the chain.',
    details: () => z.strictObject({ hash: TextOrNull, block: TextOrNull, height: z.int().nullable() }),
  },
  EFFECT_DIVERGED: {
    severity: 'critical',
    summary:
      'A call did more on chain than what was judged; what that is counts, and stops its wallet unless a setting says otherwise.',
    details: () => z.strictObject({ hash: TextOrNull, effects: z.array(Effect) }),
  },
  EFFECT_UNREAD: {
    severity: 'critical',
    summary:
      'A call is in a block, and no node could tell what it did there; its wallet stops unless a setting says otherwise.',
    details: () => z.strictObject({ hash: TextOrNull }),
  },
  LEDGER_RECOUNTED: {
    severity: 'critical',
    summary: 'The ledger counted as open what is not, and was set right: what each counter said, and what is open.',
    details: () => z.strictObject({ count: Count, counters: z.array(z.strictObject(Recounted)) }),
  },
  LANE_GAP_FILLED: {
    severity: 'warning',
    summary: 'A transfer of nothing fills a nonce that others wait for, at once or when a human lets it.',
    details: () => z.strictObject({ lane: Text, tier: Tier.optional(), reasons: z.array(Reason).optional() }),
  },
  NONCE_USED_ELSEWHERE: {
    severity: 'critical',
    summary: 'Another program has used the key.',
    details: () => z.union([z.strictObject({ lane: Text, expected: Count, found: Count }), Voided()]),
  },
  LOW_BALANCE: {
    severity: 'warning',
    summary: 'A wallet can pay fewer than ten fees like its last one on a network. Told once, until it can pay twenty.',
    details: () => z.strictObject({ network: Text, balance: Text, payments: Count }),
  },
} as const satisfies Record<string, EventEntry>

export type EventName = keyof typeof events
// Object.keys is typed as text; the table's own keys are exactly the names.
export const EVENTS = Object.keys(events) as [EventName, ...EventName[]]
