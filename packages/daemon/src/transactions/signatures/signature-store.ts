import { sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { TransactionRow } from '../rows/store.ts'

/** A signature that is made, or was made and is kept for the session that asked. */
export type SignatureRow = {
  transaction_id: string
  /** One leave to sign; another one is made where it was not used. */
  attempt_id: string
  lane: string
  /** Which process signs it, and until when the others leave it to that one. */
  owner: string
  lease_until: number
  authorisation: string
  /** Null until it is signed. */
  sealed: string | null
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    signatures: SignatureRow
  }
}

const insert = statement<SignatureRow>((db, p) =>
  db.insertInto('signatures').values({
    transaction_id: p('transaction_id'),
    attempt_id: p('attempt_id'),
    lane: p('lane'),
    owner: p('owner'),
    lease_until: p('lease_until'),
    authorisation: p('authorisation'),
    sealed: p('sealed'),
  }),
)
const byId = statement<{ id: string }, SignatureRow>((db, p) =>
  db.selectFrom('signatures').selectAll().where('transaction_id', '=', p('id')),
)
type Keeping = { id: string; attempt: string; sealed: string }
const keep = statement<Keeping>((db, p) =>
  db
    .updateTable('signatures')
    .set({ sealed: p('sealed') })
    .where('transaction_id', '=', p('id'))
    .where('attempt_id', '=', p('attempt'))
    .where('sealed', 'is', null),
)
/** Texts move nothing, and nothing of them is counted. */
const newestCounted = statement<{ lane: string; since: string }, { attempt_id: string }>((db, p) =>
  db
    .selectFrom('signatures')
    .select('attempt_id')
    .where('lane', '=', p('lane'))
    .where('attempt_id', '>=', p('since'))
    .where('sealed', 'is not', null)
    .where('authorisation', 'not like', '%"kind":"evm-text"%')
    .orderBy('attempt_id', 'desc')
    .limit(1),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('signatures').where('transaction_id', '=', p('id')))

type Twin = { session: string; hash: string }
/** A transaction that was given out to the same session for the same request, and has not landed. */
const twin = statement<Twin, { id: string }>((db, p) =>
  db
    .selectFrom('transactions')
    .select('id')
    .where('session_id', '=', p('session'))
    .where('request_hash', '=', p('hash'))
    .where('status', '=', sql.lit('SIGNED'))
    .limit(1),
)

type OfLane = { lane: string; wallet: string; count: number }
const executing = statement<OfLane, { id: string }>((db, p) =>
  db
    .selectFrom('transactions')
    .select('id')
    .where('lane', '=', p('lane'))
    .where('wallet_id', '=', p('wallet'))
    .where('status', '=', sql.lit('EXECUTING'))
    .orderBy('id')
    .limit(p('count')),
)
type Judged = Pick<TransactionRow, 'id' | 'tier' | 'policy_version' | 'judged_at' | 'amount_usd' | 'max_fee'>
const rejudge = statement<Judged>((db, p) =>
  db
    .updateTable('transactions')
    .set({
      tier: p('tier'),
      policy_version: p('policy_version'),
      judged_at: p('judged_at'),
      amount_usd: p('amount_usd'),
      max_fee: p('max_fee'),
    })
    .where('id', '=', p('id'))
    .where('status', '=', 'PENDING'),
)
type Decided = Pick<TransactionRow, 'id' | 'decision'>
const rejudgeTexts = statement<Decided>((db, p) =>
  db
    .updateTable('transaction_texts')
    .set({ decision: p('decision') })
    .where('id', '=', p('id')),
)

export const signatureStore = {
  twin: async (db: Handle, query: Twin) => (await db.get(twin, query))?.id,
  /** Requests of a lane that are about to be signed. */
  executing: (db: Handle, query: OfLane) => db.all(executing, query),
  /** A request is signed under another judgement than its last one; it has no attempt that would hold that. */
  async rejudge(db: Handle, change: Judged & Decided): Promise<void> {
    await db.run(rejudge, change)
    await db.run(rejudgeTexts, change)
  },
  /** The newest attempt of a lane, since then, of which something is counted. */
  newestCounted: async (db: Handle, lane: string, since: string) =>
    (await db.get(newestCounted, { lane, since }))?.attempt_id,
  insert: (db: Handle, row: SignatureRow) => db.run(insert, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** False when another leave took its place. */
  keep: async (db: Handle, change: Keeping) => (await db.run(keep, change)).changes === 1,
  remove: (db: Handle, id: string) => db.run(remove, { id }),
}
