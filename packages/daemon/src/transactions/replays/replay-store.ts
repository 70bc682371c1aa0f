import { firstIdAt } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'
import type { Purpose } from '../rows/attempt-store.ts'
import type { HeadRow, TextRow } from '../rows/transaction-row.ts'

/** A request as it was decided on, and what became of what it holds. */
export type KeptRequest = Pick<
  HeadRow,
  'id' | 'wallet_id' | 'session_id' | 'type' | 'tier' | 'network' | 'plan_id' | 'created_at'
> &
  Pick<TextRow, 'request' | 'effects' | 'decision'> & {
    /** Null: nothing is held, or it is not kept any more. */
    spend_state: 'reserved' | 'out' | 'final' | 'void' | null
    spend_usd: string | null
    spend_items: string | null
    spend_at: number | null
  }
export type PaidRequest = Pick<KeptRequest, 'id' | 'wallet_id' | 'effects' | 'spend_items'>
type KnownNow = { wallet_id: string; address: string; first_final_at: number; paid_usd: string | null }
type Page = { walletId: string | undefined; after: string; until: number; count: number }
/** The judgement under which bytes were signed. */
export type KeptSignature = { transaction_id: string; purpose: Purpose; decision: string }

/** Nothing else goes through all that was ever decided; all of it reads. */
export const replayStore = {
  /** The oldest first. */
  requests: (db: Handle, { walletId, after, until, count }: Page) =>
    db.query<KeptRequest>((kysely) => {
      const rows = kysely
        .selectFrom('transactions')
        .innerJoin('transaction_texts', 'transaction_texts.id', 'transactions.id')
        .leftJoin('spends', 'spends.transaction_id', 'transactions.id')
        .select(['transactions.id', 'wallet_id', 'transactions.session_id', 'type', 'tier', 'transactions.network'])
        .select(['plan_id', 'transactions.created_at', 'request', 'effects', 'decision'])
        .select(['spends.state as spend_state', 'spends.usd as spend_usd', 'spends.updated_at as spend_at'])
        .select('spends.items as spend_items')
        .where('transactions.id', '>', after)
        .where('transactions.id', '<', firstIdAt(until))
        .orderBy('transactions.id')
        .limit(count)
      return walletId === undefined ? rows : rows.where('wallet_id', '=', walletId)
    }),
  /** Of these requests, by what each was signed. */
  signatures: (db: Handle, ids: readonly string[]): Promise<KeptSignature[]> =>
    db.query((kysely) =>
      kysely
        .selectFrom('attempts')
        .innerJoin('attempt_texts', 'attempt_texts.id', 'attempts.id')
        .select(['transaction_id', 'purpose'])
        .select((eb) => eb.ref('attempt_texts.decision').$notNull().as('decision'))
        .where('transaction_id', 'in', ids)
        .where('attempt_texts.decision', 'is not', null)
        .orderBy('attempts.id'),
    ),
  /** What has become final of requests from some time on, the oldest first. */
  paid: (db: Handle, { walletId, after, count }: Omit<Page, 'until'>) =>
    db.query<PaidRequest>((kysely) => {
      const rows = kysely
        .selectFrom('transactions')
        .innerJoin('transaction_texts', 'transaction_texts.id', 'transactions.id')
        .innerJoin('spends', 'spends.transaction_id', 'transactions.id')
        .select(['transactions.id', 'wallet_id', 'effects', 'spends.items as spend_items'])
        .where('transactions.id', '>', after)
        .where('spends.state', '=', 'final')
        .orderBy('transactions.id')
        .limit(count)
      return walletId === undefined ? rows : rows.where('wallet_id', '=', walletId)
    }),
  /** Everybody whom wallets have paid, and since when. */
  known: (db: Handle, walletId: string | undefined) =>
    db.query<KnownNow>((kysely) => {
      const rows = kysely
        .selectFrom('known_recipients')
        .select(['wallet_id', 'address', 'paid_usd'])
        .select((eb) => eb.ref('first_final_at').$notNull().as('first_final_at'))
        .where('first_final_at', 'is not', null)
      return walletId === undefined ? rows : rows.where('wallet_id', '=', walletId)
    }),
  requestsOfPlan: (db: Handle, plan: string): Promise<Pick<KeptRequest, 'request' | 'type'>[]> =>
    db.query((kysely) =>
      kysely
        .selectFrom('transactions')
        .innerJoin('transaction_texts', 'transaction_texts.id', 'transactions.id')
        .select(['request', 'type'])
        .where('plan_id', '=', plan)
        .orderBy('plan_step'),
    ),
}
