import type { Handle } from '../../platform/db/database.ts'
import type { AttemptRow, AttemptTexts } from '../rows/attempt-store.ts'
import type { HeadRow, TextRow } from '../rows/transaction-row.ts'

type Head = Pick<HeadRow, 'id' | 'wallet_id' | 'session_id' | 'type' | 'tier' | 'network' | 'lane' | 'digest'> &
  Pick<HeadRow, 'approved_at' | 'approved_by' | 'approved_usd' | 'fee_bound' | 'plan_id' | 'plan_step' | 'sweep_id'> &
  Pick<HeadRow, 'created_at' | 'updated_at'>
/** A transaction with its texts as they are stored, and what is held for it. */
export type ReceiptSource = Head &
  Pick<TextRow, 'request' | 'effects' | 'hints' | 'draft' | 'decision'> & {
    held_state: 'reserved' | 'out' | 'final' | 'void' | null
    held_usd: string | null
  }
/** A signature, with what it was made of and under which judgement. */
export type SignedAttempt = Pick<AttemptRow, 'id' | 'purpose' | 'state' | 'nonce' | 'hash' | 'error'> &
  Pick<AttemptRow, 'block_height' | 'block_hash' | 'succeeded' | 'fee' | 'created_at'> &
  Pick<AttemptTexts, 'decision' | 'unsigned' | 'authorisation'>

/** What a receipt is made of, as it is stored. */
export const receiptStore = {
  async byId(db: Handle, id: string): Promise<ReceiptSource | undefined> {
    const rows = await db.query<ReceiptSource>((kysely) =>
      kysely
        .selectFrom('transactions')
        .innerJoin('transaction_texts', 'transaction_texts.id', 'transactions.id')
        .leftJoin('spends', 'spends.transaction_id', 'transactions.id')
        .select(['transactions.id', 'wallet_id', 'transactions.session_id', 'type', 'tier', 'transactions.network'])
        .select(['lane', 'digest', 'approved_at', 'approved_by', 'approved_usd', 'fee_bound'])
        .select(['plan_id', 'plan_step', 'sweep_id', 'transactions.created_at', 'transactions.updated_at'])
        .select(['request', 'effects', 'hints', 'draft', 'decision'])
        .select(['spends.state as held_state', 'spends.usd as held_usd'])
        .where('transactions.id', '=', id),
    )
    return rows[0]
  },
  /** Oldest first; of those without a signature the one whose judgement is in force. */
  attempts: (db: Handle, id: string): Promise<SignedAttempt[]> =>
    db.query((kysely) =>
      kysely
        .selectFrom('attempts')
        .innerJoin('attempt_texts', 'attempt_texts.id', 'attempts.id')
        .select(['attempts.id', 'purpose', 'state', 'nonce', 'hash', 'error', 'block_height', 'block_hash'])
        .select(['succeeded', 'fee', 'created_at', 'attempt_texts.decision', 'unsigned', 'authorisation'])
        .where('transaction_id', '=', id)
        .where((eb) =>
          eb.or([
            eb('hash', 'is not', null),
            eb('attempts.id', '=', eb.selectFrom('transactions').select('judged_attempt').where('id', '=', id)),
          ]),
        )
        .orderBy('attempts.id'),
    ),
}
