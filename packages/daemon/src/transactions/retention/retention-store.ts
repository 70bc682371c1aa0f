import { sql } from 'kysely'
import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'
import type { DueRow } from '../../platform/due-rows.ts'
import type { Shortened } from '../moved.ts'

/** One kind of rows that are removed or shortened after their time; `after` is the last id that was looked at. */
type RetentionRow = DueRow & { after: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    retention: RetentionRow
    /** Transactions that were not over when it was their turn to be shortened. */
    late_endings: { transaction_id: string }
  }
}

/** What is kept of what one has moved. */
type KeptOf = (row: Shortened) => string | null

export type Head = { readonly id: string; readonly wallet_id: string }
/** Rows of a wallet from one id to another. */
export type Range = { readonly wallet: string; readonly from: string; readonly to: string }
type Page = { after: string; until: string; count: number }

const place = statement<{ id: string }, { after: string }>((db, p) =>
  db.selectFrom('retention').select('after').where('id', '=', p('id')),
)
const move = statement<{ id: string; after: string }>((db, p) =>
  db
    .updateTable('retention')
    .set({ after: p('after') })
    .where('id', '=', p('id')),
)
const heads = statement<Page, Head>((db, p) =>
  db
    .selectFrom('transactions')
    .select(['id', 'wallet_id'])
    .where('id', '>', p('after'))
    .where('id', '<', p('until'))
    .orderBy('id')
    .limit(p('count')),
)
const late = statement<Omit<Page, 'until'>, Head>((db, p) =>
  db
    .selectFrom('late_endings')
    .innerJoin('transactions', 'transactions.id', 'late_endings.transaction_id')
    .select(['transactions.id', 'transactions.wallet_id'])
    .where('transaction_id', '>', p('after'))
    .orderBy('transaction_id')
    .limit(p('count')),
)

type Param = (name: string) => unknown
const within = (p: Param) =>
  sql`wallet_id = ${p('wallet')} and transactions.id >= ${p('from')} and transactions.id <= ${p('to')}`
/** Over since then for good: no attempt of it can change any more. */
const isOver = (
  p: Param,
) => sql`status in ('CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED', 'SIGNED') and updated_at < ${p('before')}
  and not exists (select 1 from attempts where attempts.transaction_id = transactions.id
    and attempts.state in ('issued', 'recorded', 'included'))
  and not exists (select 1 from vouchers where vouchers.id = transactions.id)`
const over = (p: Param) => sql`select id from transactions where ${within(p)} and tier is not null and ${isOver(p)}`

type Shortening = Range & { before: number }
const confirmed = statement<Shortening, Shortened>(
  (_, p) => sql`select transactions.id, network, asset, decimals, symbol, request, effects
    from transactions join transaction_texts on transaction_texts.id = transactions.id
    where status = 'CONFIRMED' and effects is not null and transactions.id in (${over(p as Param)})`,
)
const shortenTexts = statement<Shortening>(
  (_, p) => sql`update transaction_texts set request = '', draft = null, hints = null, effects = null
    where id in (${over(p as Param)})`,
)
const shortenAttempts = statement<Shortening>(
  (_, p) => sql`update attempts set signed = null where transaction_id in (${over(p as Param)})`,
)
const shortenAttemptTexts = statement<Shortening>(
  (_, p) => sql`update attempt_texts set draft = '', unsigned = '', authorisation = ''
    where id in (select id from attempts where transaction_id in (${over(p as Param)}))`,
)
const removeSignatures = statement<Shortening>(
  (_, p) => sql`delete from signatures where transaction_id in (${over(p as Param)})`,
)
const removeUnread = statement<Shortening>(
  (_, p) => sql`delete from unread_landings where attempt_id in
    (select id from attempts where transaction_id in (${over(p as Param)}))`,
)
const removeSpends = statement<Shortening>(
  (_, p) => sql`delete from spends where transaction_id in (${over(p as Param)}) and state in ('final', 'void')`,
)
const noteLate = statement<Shortening>(
  (_, p) => sql`insert into late_endings (transaction_id) select id from transactions
    where ${within(p as Param)} and tier is not null and not (${isOver(p as Param)}) on conflict do nothing`,
)
const forgetLate = statement<Shortening>(
  (_, p) => sql`delete from late_endings where transaction_id in (${over(p as Param)})`,
)

const refused = statement<Omit<Page, 'after'>, Head>((db, p) =>
  db
    .selectFrom('transactions')
    .select(['id', 'wallet_id'])
    .where('tier', 'is', null)
    .where('id', '<', p('until'))
    .orderBy('id')
    .limit(p('count')),
)
/** Their answer is derived from what goes. */
const removeRefusedKeys = statement<Range>(
  (_, p) => sql`delete from idempotency_keys where answer = '' and transaction_id in
    (select id from transactions where ${within(p as Param)} and tier is null)`,
)
const removeRefusedLabels = statement<Range>(
  (_, p) => sql`delete from transaction_labels where transaction_id in
    (select id from transactions where ${within(p as Param)} and tier is null)`,
)
const removeRefusedAddresses = statement<Range>(
  (_, p) => sql`delete from transaction_addresses where transaction_id in
    (select id from transactions where ${within(p as Param)} and tier is null)`,
)
const removeRefusedTexts = statement<Range>(
  (_, p) => sql`delete from transaction_texts where id in
    (select id from transactions where ${within(p as Param)} and tier is null)`,
)
const removeRefusedRows = statement<Range>(
  (_, p) => sql`delete from transactions where ${within(p as Param)} and tier is null`,
)

/** A key lives as long as its request may still have an effect. */
const removeKeys = statement<{ before: number; count: number }>(
  (_, p) => sql`delete from idempotency_keys where (session_id, key) in (
    select session_id, key from idempotency_keys as old where created_at < ${p('before')} and not exists (
      select 1 from transactions where transactions.id = old.transaction_id
        and status in ('PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING', 'SUBMITTED'))
    order by created_at limit (select cast(${p('count')} as bigint)))`,
)
const tasks = statement<NoParams, { id: string }>((db) => db.selectFrom('retention').select('id').orderBy('id'))

/** Stores with each of some rows what its caller makes of it; in one statement, because their wallet is locked. */
async function keepMovements(db: Handle, range: Shortening, kept: KeptOf): Promise<void> {
  const all = (await db.all(confirmed, range)).flatMap((row) => {
    const movements = kept(row)
    return movements === null ? [] : [{ id: row.id, movements }]
  })
  if (all.length === 0) return
  await db.query((kysely) =>
    kysely
      .updateTable('transaction_texts')
      .set(({ eb }) => {
        const [first, ...more] = all as [(typeof all)[0], ...typeof all]
        const start = eb.case().when('id', '=', first.id).then(first.movements)
        return {
          movements: more.reduce((so, { id, movements }) => so.when('id', '=', id).then(movements), start).end(),
        }
      })
      .where(
        'id',
        'in',
        all.map(({ id }) => id),
      ),
  )
}

/** Leaves what an ended transaction was, cost, moved and was decided as; the long texts of it and of its bytes go. */
async function shorten(db: Handle, range: Shortening, kept: KeptOf): Promise<void> {
  await keepMovements(db, range, kept)
  for (const each of [
    shortenTexts,
    shortenAttempts,
    shortenAttemptTexts,
    removeSignatures,
    removeUnread,
    removeSpends,
    noteLate,
    forgetLate,
  ])
    await db.run(each, range)
}

async function removeRefused(db: Handle, range: Range): Promise<void> {
  for (const each of [
    removeRefusedKeys,
    removeRefusedLabels,
    removeRefusedAddresses,
    removeRefusedTexts,
    removeRefusedRows,
  ])
    await db.run(each, range)
}

export const retentionStore = {
  tasks: async (db: Handle): Promise<string[]> => (await db.all(tasks)).map(({ id }) => id),
  after: async (db: Handle, id: string): Promise<string> => (await db.get(place, { id }))?.after ?? '',
  moveTo: (db: Handle, id: string, after: string) => db.run(move, { id, after }),
  heads: (db: Handle, page: Page) => db.all(heads, page),
  /** Those that were not over when it was their turn. */
  late: (db: Handle, page: Omit<Page, 'until'>) => db.all(late, page),
  shorten,
  refused: (db: Handle, page: Omit<Page, 'after'>) => db.all(refused, page),
  removeRefused,
  /** How many. */
  removeKeys: async (db: Handle, before: number, count: number) =>
    (await db.run(removeKeys, { before, count })).changes,
}
