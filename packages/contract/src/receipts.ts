import { z } from 'zod'
import { SignedPasskey } from './approval-events.ts'
import { AuditCheckpoint } from './audit.ts'
import { CHAINS } from './families.ts'
import { Id } from './ids.ts'
import { ENVIRONMENTS } from './networks.ts'
import { operation } from './operation.ts'
import { Tier } from './tiers.ts'
import { TransactionStatus } from './wire.ts'

const Millis = z.int().describe('unix milliseconds')
const Hash = z.string().describe('SHA-256, hex')
const TextOrNull = z.string().nullable()
const Kept = TextOrNull.describe('JSON exactly as it was stored and hashed; null: not kept any more, or never stored')

/** What a network is for those who read its bytes. */
const ReceiptNetwork = z.strictObject({
  id: z.string(),
  chain: z.enum(CHAINS),
  environment: z.enum(ENVIRONMENTS),
  caip2: z.string(),
  native: z.strictObject({ symbol: z.string(), decimals: z.int(), slip44: z.int(), name: z.string() }),
  pricedAs: z.string().optional(),
})

/** A policy at the version by which was judged. */
const ReceiptPolicy = z.strictObject({
  id: z.string(),
  version: z.int(),
  walletId: TextOrNull,
  type: z.string(),
  rules: z.string().describe('JSON as it is stored'),
  network: TextOrNull,
  sessionId: TextOrNull,
  sessionLabel: TextOrNull,
})

const ReceiptDecision = z.strictObject({
  of: z.string().describe('`request`, or the id of the attempt under which bytes were signed'),
  text: z.string().describe('JSON exactly as it was stored and hashed'),
})

const ReceiptSignature = z.strictObject({
  id: z.string(),
  purpose: z.enum(['send', 'sign-only', 'speed-up', 'cancel', 'message']),
  state: z.enum(['recorded', 'included', 'final', 'void', 'dropped', 'reused']),
  bytes: TextOrNull.describe('what was signed, without the signature, base64; null: not kept any more, or a message'),
  bytesHash: Hash.nullable(),
  digest: Hash.nullable(),
  nonce: z.int().nullable(),
  hash: TextOrNull.describe('of the signed transaction, as the chain names it'),
  block: z
    .strictObject({ height: z.int(), hash: TextOrNull, succeeded: z.boolean(), fee: TextOrNull })
    .nullable()
    .describe('where it landed'),
  error: TextOrNull,
  at: Millis,
})

/** What an owner signed for exactly this. */
const ReceiptConsent = z.strictObject({
  nonce: z.string(),
  address: z.string(),
  network: TextOrNull.describe('of a contract that accepted the signature; null: the key of the address signed'),
  digest: z.string(),
  message: z.string(),
  signature: z
    .string()
    .describe(
      '0x and hex, or base64; of a passkey the base64 of JSON with authenticatorData, clientDataJSON and signature',
    ),
  owner: z.string().optional().describe('the id of the owner who signed; not in receipts of earlier releases'),
  passkey: SignedPasskey.optional().describe('with which it was signed'),
})

/** A row of the evidence, with the names under which it is hashed. */
export const ReceiptRow = z.strictObject({
  chain: z.string(),
  seq: z.int(),
  id: z.int(),
  at: Millis,
  event: z.string(),
  severity: z.string(),
  actor: z.string(),
  wallet_id: TextOrNull,
  session_id: TextOrNull,
  tx_id: TextOrNull,
  ip: TextOrNull,
  details: z.string(),
  prev_hash: Hash,
  hash: Hash,
})
export type ReceiptRow = z.output<typeof ReceiptRow>

/** Where a row stands that the holder of the receipt may not read. */
const HiddenRow = z.strictObject({ chain: z.string(), seq: z.int(), at: Millis, event: z.string(), hash: Hash })

/** What was asked, decided, approved, signed and landed of one transaction. What it proves, and how, is in docs/evidence.md. */
export const Receipt = z.strictObject({
  format: z.literal('waiaas-receipt-1'),
  issuedAt: Millis,
  issuedTo: z.enum(['operator', 'session']),
  transaction: z.strictObject({
    id: Id,
    walletId: Id,
    address: z.string(),
    sessionId: Id.nullable(),
    type: z.string(),
    status: TransactionStatus,
    tier: Tier.nullable(),
    digest: Hash.nullable(),
    planId: Id.nullable(),
    planStep: z.int().nullable(),
    sweepId: Id.nullable(),
    error: TextOrNull,
    createdAt: Millis,
    updatedAt: Millis,
  }),
  network: ReceiptNetwork,
  request: Kept,
  effects: Kept,
  hints: Kept.describe('what helps to read the bytes and is proven by them; JSON'),
  draft: TextOrNull.describe('of what is not signed: what its bytes are made of'),
  plan: z
    .array(z.strictObject({ id: Id, digest: z.string().nullable(), type: z.string(), request: z.string() }))
    .describe('the requests of all steps of its plan, which was judged as one'),
  constraints: TextOrNull.describe('what its session was issued for, as JSON, where that was judged'),
  decisions: z.array(ReceiptDecision),
  policies: z.array(ReceiptPolicy),
  held: z
    .strictObject({ state: z.enum(['reserved', 'out', 'final', 'void']), usdMicros: z.string() })
    .nullable()
    .describe('what was reserved for it, and what became of that'),
  approval: z
    .strictObject({
      ...{ by: z.string(), at: Millis, usdMicros: TextOrNull, maxFee: TextOrNull },
      consent: ReceiptConsent.nullable().describe(
        'null where no owner signed, or who gets the receipt may not read it',
      ),
      needed: z.int().optional().describe('how many different owners had to sign'),
      others: z.array(ReceiptConsent).optional().describe('what other owners signed, where several had to'),
      withdrawal: z
        .strictObject({ to: z.string(), networks: z.array(z.string()) })
        .optional()
        .describe('where they agreed that all goes which the wallet holds there, of which this is a step'),
    })
    .nullable(),
  signatures: z.array(ReceiptSignature),
  evidence: z.strictObject({
    rows: z.array(z.union([ReceiptRow, HiddenRow])).describe('of this transaction, in their order'),
    links: z.array(ReceiptRow).describe('rows between these and the checkpoints'),
    checkpoints: z.array(AuditCheckpoint),
    isWhole: z.boolean().describe('rows, links and checkpoints are all there'),
  }),
  gone: z.array(z.string()).describe('what had its time and is not kept any more'),
  publicKey: z.string().describe('Ed25519, base64 of 32 bytes'),
  hash: Hash,
  signature: z.string().describe('Ed25519, base64'),
})
export type Receipt = z.output<typeof Receipt>

/** What proves afterwards how a transaction was decided on. */
export const receiptOperations = {
  getReceipt: operation({
    method: 'GET',
    path: '/v1/transactions/{id}/receipt',
    access: ['agent', 'operator'],
    tag: 'Transactions',
    summary:
      'Give a signed receipt of one transaction: request, policies, prices, decision, approval, signatures and what landed. Agents get those of what they asked for themselves.',
    input: z.strictObject({ id: Id }),
    output: Receipt,
    errors: ['TX_NOT_FOUND', 'KEYSTORE_LOCKED'],
  }),
}
