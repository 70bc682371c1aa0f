import { changeIn, type Handle, type Ids, idsIn, rowsIn, statement } from '../platform/db/database.ts'
import { type Counter, counters } from './counters.ts'

export type { Counter } from './counters.ts'

export type SpendRow = {
  transaction_id: string
  account: string
  session_id: string | null
  network: string
  state: 'reserved' | 'out' | 'final' | 'void'
  items: string
  usd: string
  /** Micro-dollars of it that are paid from the reserve of its lane; null: nothing. */
  from_reserve: string | null
  created_at: number
  updated_at: number
}
export type BucketRow = Counter & { span: number; start: number; amount: string }

/** A final spend of a wallet counts in one bucket of each of these lengths: a minute and an hour. */
export const SPANS = [60_000, 3_600_000] as const
/** The windows of the rules, rolling. */
export const DAY_WINDOW = 24 * 3_600_000
export const MONTH_WINDOW = 30 * DAY_WINDOW

declare module '../platform/db/tables.ts' {
  interface Tables {
    spends: SpendRow
    spend_buckets: BucketRow
  }
}

const insertSpend = statement<SpendRow>((db, p) =>
  db.insertInto('spends').values({
    transaction_id: p('transaction_id'),
    account: p('account'),
    session_id: p('session_id'),
    network: p('network'),
    state: p('state'),
    items: p('items'),
    usd: p('usd'),
    from_reserve: p('from_reserve'),
    created_at: p('created_at'),
    updated_at: p('updated_at'),
  }),
)
const rewrite = statement<SpendRow>((db, p) =>
  db
    .insertInto('spends')
    .values({
      transaction_id: p('transaction_id'),
      account: p('account'),
      session_id: p('session_id'),
      network: p('network'),
      state: p('state'),
      items: p('items'),
      usd: p('usd'),
      from_reserve: p('from_reserve'),
      created_at: p('created_at'),
      updated_at: p('updated_at'),
    })
    .onConflict((on) =>
      on.column('transaction_id').doUpdateSet((eb) => ({
        state: eb.ref('excluded.state'),
        items: eb.ref('excluded.items'),
        usd: eb.ref('excluded.usd'),
        from_reserve: eb.ref('excluded.from_reserve'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    ),
)
const spends = statement<Ids, SpendRow>((db, p) =>
  db.selectFrom('spends').selectAll().where('transaction_id', 'in', idsIn(p)),
)
type SpendMove = { id: string; state: SpendRow['state']; at: number }
type SpendChange = SpendMove & Pick<SpendRow, 'items' | 'usd' | 'from_reserve'>
const changeSpend = statement<SpendChange>((db, p) =>
  db
    .updateTable('spends')
    .set({
      state: p('state'),
      items: p('items'),
      usd: p('usd'),
      from_reserve: p('from_reserve'),
      updated_at: p('at'),
    })
    .where('transaction_id', '=', p('id')),
)
const moveSpend = statement<SpendMove>((db, p) =>
  db
    .updateTable('spends')
    .set({ state: p('state'), updated_at: p('at') })
    .where('transaction_id', '=', p('id')),
)
const moveOut = statement<Ids & { at: number }>((db, p) =>
  db
    .updateTable('spends')
    .set({ state: 'out', updated_at: p('at') })
    .where('transaction_id', 'in', idsIn(p)),
)
const bucket = statement<Omit<BucketRow, 'amount'>, { amount: string }>((db, p) =>
  db
    .selectFrom('spend_buckets')
    .select('amount')
    .where('scope', '=', p('scope'))
    .where('unit', '=', p('unit'))
    .where('span', '=', p('span'))
    .where('start', '=', p('start')),
)
const setBucket = statement<BucketRow>((db, p) =>
  db
    .insertInto('spend_buckets')
    .values({ scope: p('scope'), unit: p('unit'), span: p('span'), start: p('start'), amount: p('amount') })
    .onConflict((on) => on.columns(['scope', 'unit', 'span', 'start']).doUpdateSet({ amount: p('amount') })),
)
type Reach = Counter & { readonly span: number }
type Period = { readonly from: number; readonly to: number }
const bucketsFrom = statement<Reach & Period, BucketRow>((db, p) =>
  db
    .selectFrom('spend_buckets')
    .selectAll()
    .where('scope', '=', p('scope'))
    .where('unit', '=', p('unit'))
    .where('span', '=', p('span'))
    .where('start', '>=', p('from'))
    .where('start', '<', p('to'))
    .orderBy('start'),
)
// Every bucket has a counter, and counters are few: the old buckets are found without reading the others.
const outdated = statement<{ before: number; count: number }, Counter>((db, p) =>
  db
    .selectFrom('spend_counters')
    .select(['scope', 'unit'])
    .where((eb) =>
      eb.or(
        SPANS.map((span) =>
          eb.exists(
            eb
              .selectFrom('spend_buckets')
              .select('start')
              .whereRef('spend_buckets.scope', '=', 'spend_counters.scope')
              .whereRef('spend_buckets.unit', '=', 'spend_counters.unit')
              .where('span', '=', span)
              .where('start', '<', p('before')),
          ),
        ),
      ),
    )
    .limit(p('count')),
)
const oldest = statement<Reach, { start: number }>((db, p) =>
  db
    .selectFrom('spend_buckets')
    .select('start')
    .where('scope', '=', p('scope'))
    .where('unit', '=', p('unit'))
    .where('span', '=', p('span'))
    .orderBy('start')
    .limit(1),
)
const removeBuckets = statement<Reach & { before: number }>((db, p) =>
  db
    .deleteFrom('spend_buckets')
    .where('scope', '=', p('scope'))
    .where('unit', '=', p('unit'))
    .where('span', '=', p('span'))
    .where('start', '<', p('before')),
)
const openSpends = statement<Record<never, never>, SpendRow>((db) =>
  db.selectFrom('spends').selectAll().where('state', 'in', ['reserved', 'out']),
)

const openOfSession = statement<{ account: string; session: string }, SpendRow>((db, p) =>
  db
    .selectFrom('spends')
    .selectAll()
    .where('session_id', '=', p('session'))
    .where('account', '=', p('account'))
    .where('state', 'in', ['reserved', 'out']),
)

const removeAllBuckets = statement<{ scope: string }>((db, p) =>
  db.deleteFrom('spend_buckets').where('scope', '=', p('scope')),
)

export const ledgerStore = {
  insertSpend: (db: Handle, row: SpendRow) => db.run(insertSpend, row),
  /** By their transactions. */
  spends: async (db: Handle, ids: readonly string[]) =>
    new Map((await rowsIn(db, spends, ids)).map((row) => [row.transaction_id, row])),
  /** Spends that were read in this job, as they are to be from now on. */
  rewrite: (db: Handle, rows: readonly SpendRow[]) => db.many(rewrite, rows),
  changeSpend: (db: Handle, change: SpendChange) => db.run(changeSpend, change),
  moveSpend: (db: Handle, move: SpendMove) => db.run(moveSpend, move),
  moveOut: (db: Handle, ids: readonly string[], at: number) => changeIn(db, moveOut, { ids, at }),
  ...counters,
  bucket: async (db: Handle, key: Omit<BucketRow, 'amount'>) => BigInt((await db.get(bucket, key))?.amount ?? '0'),
  setBucket: (db: Handle, row: BucketRow) => db.run(setBucket, row),
  /** Oldest first. */
  buckets: (db: Handle, of: Reach, period: Period) => db.all(bucketsFrom, { ...of, ...period }),
  /** Some scopes and units with buckets of a wallet from before a time. */
  outdated: (db: Handle, before: number, count: number) => db.all(outdated, { before, count }),
  /** Removes buckets from before a time, at most `most` of them, the oldest first. */
  async removeBuckets(db: Handle, of: Reach, { before, most }: { before: number; most: number }): Promise<void> {
    const first = await db.get(oldest, of)
    if (first) await db.run(removeBuckets, { ...of, before: Math.min(before, first.start + most * of.span) })
  },
  /** Forgets all that a scope has ever counted. */
  async removeScope(db: Handle, scope: string): Promise<void> {
    await counters.remove(db, scope)
    await db.run(removeAllBuckets, { scope })
  },
  openOfSession: (db: Handle, of: { account: string; session: string }) => db.all(openOfSession, of),
  openSpends: (db: Handle) => db.all(openSpends),
}
