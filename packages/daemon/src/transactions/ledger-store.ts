import { type Handle, statement } from '../platform/db/database.ts'

export type SpendRow = {
  transaction_id: string
  wallet_id: string
  session_id: string | null
  network: string
  state: 'reserved' | 'out' | 'final' | 'void'
  items: string
  usd: string
  created_at: number
  updated_at: number
}
type CounterRow = { scope: string; unit: string; open: string }
export type BucketRow = { scope: string; unit: string; span: number; start: number; amount: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    spends: SpendRow
    spend_counters: CounterRow
    spend_buckets: BucketRow
  }
}

const insertSpend = statement<SpendRow>((db, p) =>
  db.insertInto('spends').values({
    transaction_id: p('transaction_id'),
    wallet_id: p('wallet_id'),
    session_id: p('session_id'),
    network: p('network'),
    state: p('state'),
    items: p('items'),
    usd: p('usd'),
    created_at: p('created_at'),
    updated_at: p('updated_at'),
  }),
)
const spend = statement<{ id: string }, SpendRow>((db, p) =>
  db.selectFrom('spends').selectAll().where('transaction_id', '=', p('id')),
)
const changeSpend = statement<{
  id: string
  state: SpendRow['state']
  items: string
  usd: string
  at: number
}>((db, p) =>
  db
    .updateTable('spends')
    .set({ state: p('state'), items: p('items'), usd: p('usd'), updated_at: p('at') })
    .where('transaction_id', '=', p('id')),
)
const moveSpend = statement<{ id: string; state: SpendRow['state']; at: number }>((db, p) =>
  db
    .updateTable('spends')
    .set({ state: p('state'), updated_at: p('at') })
    .where('transaction_id', '=', p('id')),
)
const counter = statement<{ scope: string; unit: string }, { open: string }>((db, p) =>
  db.selectFrom('spend_counters').select('open').where('scope', '=', p('scope')).where('unit', '=', p('unit')),
)
const setCounter = statement<CounterRow>((db, p) =>
  db
    .insertInto('spend_counters')
    .values({ scope: p('scope'), unit: p('unit'), open: p('open') })
    .onConflict((on) => on.columns(['scope', 'unit']).doUpdateSet({ open: p('open') })),
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
// Without an order: SQLite plans an ordered query anew each time that its parameters are bound.
const bucketsFrom = statement<{ scope: string; unit: string; span: number; from: number; to: number }, BucketRow>(
  (db, p) =>
    db
      .selectFrom('spend_buckets')
      .selectAll()
      .where('scope', '=', p('scope'))
      .where('unit', '=', p('unit'))
      .where('span', '=', p('span'))
      .where('start', '>=', p('from'))
      .where('start', '<', p('to')),
)
const openSpends = statement<Record<never, never>, SpendRow>((db) =>
  db.selectFrom('spends').selectAll().where('state', 'in', ['reserved', 'out']),
)

export const ledgerStore = {
  insertSpend: (db: Handle, row: SpendRow) => db.run(insertSpend, row),
  spend: (db: Handle, id: string) => db.get(spend, { id }),
  changeSpend: (db: Handle, id: string, change: Pick<SpendRow, 'state' | 'items' | 'usd'>, at: number) =>
    db.run(changeSpend, { id, ...change, at }),
  moveSpend: (db: Handle, id: string, state: SpendRow['state'], at: number) => db.run(moveSpend, { id, state, at }),
  open: async (db: Handle, scope: string, unit: string) =>
    BigInt((await db.get(counter, { scope, unit }))?.open ?? '0'),
  setOpen: (db: Handle, scope: string, unit: string, open: bigint) =>
    db.run(setCounter, { scope, unit, open: String(open) }),
  bucket: async (db: Handle, key: Omit<BucketRow, 'amount'>) => BigInt((await db.get(bucket, key))?.amount ?? '0'),
  setBucket: (db: Handle, row: BucketRow) => db.run(setBucket, row),
  /** Oldest first. */
  buckets: async (db: Handle, scope: string, unit: string, span: number, from: number, to: number) =>
    (await db.all(bucketsFrom, { scope, unit, span, from, to })).toSorted((a, b) => a.start - b.start),
  openSpends: (db: Handle) => db.all(openSpends),
}
