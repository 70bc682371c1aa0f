import { z } from 'zod'
import { AuditCheckpoint } from './audit.ts'
import { Id, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'

const operator = ['operator'] as const
const Sentences = z.array(z.string())

/** What the daemon itself proves of what it has kept and signed. */
export const proofOperations = {
  verifyAuditLog: operation({
    method: 'GET',
    path: '/v1/audit-logs/verify',
    access: operator,
    tag: 'Audit',
    summary:
      'Check that nobody has altered the audit log: every row, every chain and every signed checkpoint is looked at. It takes seconds where the log is long.',
    input: z.strictObject({}),
    output: z.object({
      whole: z.boolean().describe('nothing was altered, removed or put in'),
      faults: z
        .array(z.object({ chain: z.string(), seq: z.int(), fault: z.string() }))
        .describe('the first of each chain'),
      rows: z.int(),
      chains: z.int(),
      checkpoint: z.int().nullable().describe('number of the last checkpoint; null: nothing is signed yet'),
      publicKey: AuditCheckpoint.shape.publicKey.nullable().describe('the key that signed all of them'),
      unsignedRows: z.int().describe('rows since that checkpoint'),
      at: UnixSeconds,
    }),
    errors: ['KEYSTORE_LOCKED'],
  }),
  verifyReceipt: operation({
    method: 'POST',
    path: '/v1/receipts/verify',
    access: operator,
    tag: 'Transactions',
    summary:
      'Prove a receipt from itself and from the key of this daemon. The answer says what is proven, and what only the word of the daemon stands for.',
    whileLoggedIn: 'looks',
    input: z.strictObject({ receipt: z.record(z.string(), z.unknown()).describe('as it was given') }),
    output: z.object({
      whole: z.boolean().describe('nothing contradicts, and all that can be proven is'),
      transactionId: Id.nullable(),
      proven: Sentences,
      word: Sentences.describe('what only the word of the daemon stands for'),
      missing: Sentences.describe('what is not in it, so that it proves nothing'),
      faults: Sentences.describe('what contradicts'),
    }),
    errors: ['KEYSTORE_LOCKED'],
  }),
}
