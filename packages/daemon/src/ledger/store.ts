import { type Handle, statement } from '../platform/db/database.ts'
import { type Counter, counters } from './counters.ts'
import { spends } from './spends.ts'

export type { Counter } from './counters.ts'
export type { SpendRow } from './spends.ts'

export type BucketRow = Counter & { span: number; start: number; amount: string }

/** A final spend of a wallet counts in one bucket of each of these lengths: a minute and an hour. */
export const SPANS = [60_000, 3_600_000] as const
/** The windows of the rules, rolling. */
export const DAY_WINDOW = 24 * 3_600_000
export const MONTH_WINDOW = 30 * DAY_WINDOW

declare module '../platform/db/tables.ts' {
  interface Tables {
    spend_buckets: BucketRow
  }
}

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
const removeAllBuckets = statement<{ scope: string }>((db, p) =>
  db.deleteFrom('spend_buckets').where('scope', '=', p('scope')),
)

export const ledgerStore = {
  ...spends,
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
}
