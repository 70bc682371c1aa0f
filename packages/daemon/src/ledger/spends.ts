import {
  changeIn,
  type Handle,
  type Ids,
  idsIn,
  type NoParams,
  perGroup,
  rowsIn,
  statement,
} from '../platform/db/database.ts'

/** What is held for a transaction, or was spent by it. */
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

declare module '../platform/db/tables.ts' {
  interface Tables {
    spends: SpendRow
  }
}

const columns = [
  'transaction_id',
  'account',
  'session_id',
  'network',
  'state',
  'items',
  'usd',
  'from_reserve',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof SpendRow)[]
/** Every column by its own name; the cast only joins the pairs into one record. */
const all = (p: (name: keyof SpendRow) => string | number | null) =>
  Object.fromEntries(columns.map((name) => [name, p(name)])) as SpendRow
const CONTENTS = ['items', 'usd', 'from_reserve', 'updated_at'] as const

const insert = statement<SpendRow>((db, p) => db.insertInto('spends').values(all(p)))
const rewrite = statement<SpendRow>((db, p) =>
  db
    .insertInto('spends')
    .values(all(p))
    .onConflict((on) =>
      on
        .column('transaction_id')
        .doUpdateSet((eb) =>
          Object.fromEntries([...CONTENTS, 'state' as const].map((name) => [name, eb.ref(`excluded.${name}`)])),
        ),
    ),
)
/** Its state stays, and with it the index of what is open. */
const refill = statement<SpendRow>((db, p) =>
  db
    .insertInto('spends')
    .values(all(p))
    .onConflict((on) =>
      on
        .column('transaction_id')
        .doUpdateSet((eb) => Object.fromEntries(CONTENTS.map((name) => [name, eb.ref(`excluded.${name}`)]))),
    ),
)
const byIds = statement<Ids, SpendRow>((db, p) =>
  db.selectFrom('spends').selectAll().where('transaction_id', 'in', idsIn(p)),
)
type Move = { id: string; state: SpendRow['state']; at: number }
const move = statement<Move>((db, p) =>
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
const openOfSession = statement<{ account: string; session: string }, SpendRow>((db, p) =>
  db
    .selectFrom('spends')
    .selectAll()
    .where('session_id', '=', p('session'))
    .where('account', '=', p('account'))
    .where('state', 'in', ['reserved', 'out']),
)

const openOfAccount = statement<{ account: string }, SpendRow>((db, p) =>
  db.selectFrom('spends').selectAll().where('account', '=', p('account')).where('state', 'in', ['reserved', 'out']),
)

const allOpen = statement<NoParams, SpendRow>((db) =>
  db.selectFrom('spends').selectAll().where('state', 'in', ['reserved', 'out']),
)

/** What jobs have read under its lock, by transaction, as it is now; and what of it is still to be written. */
const bookOf = perGroup(() => ({ known: new Map<string, SpendRow>(), changed: new Map<string, SpendRow>() }))

async function written(db: Handle): Promise<void> {
  const { changed } = bookOf(db)
  const rows = [...changed.values()]
  changed.clear()
  await db.many(refill, rows)
}

/** Whatever else changes them is read again. */
async function forgotten(db: Handle, ids: readonly string[]): Promise<void> {
  await written(db)
  const { known } = bookOf(db)
  for (const id of ids) known.delete(id)
}

/**
 * The spends of transactions. A job reads each once, by many in one statement if it says so before, and writes those with
 * other contents at its end, or before anything else is done with one.
 */
export const spends = {
  insertSpend: (db: Handle, row: SpendRow) => db.run(insert, row),
  /** By their transactions, as they are stored: not yet under a lock. */
  async storedSpends(db: Handle, ids: readonly string[]): Promise<Map<string, SpendRow>> {
    await written(db)
    return new Map((await rowsIn(db, byIds, ids)).map((row) => [row.transaction_id, row]))
  },
  /** Those that this job knows. */
  knownSpends: (db: Handle): ReadonlyMap<string, SpendRow> => bookOf(db).known,
  /** They were read under the lock of their account. */
  know(db: Handle, rows: Iterable<SpendRow>): void {
    const { known } = bookOf(db)
    for (const row of rows) known.set(row.transaction_id, row)
  },
  /** Other contents for a spend that was read in this job. */
  refill(db: Handle, row: SpendRow): void {
    const { known, changed } = bookOf(db)
    known.set(row.transaction_id, row)
    changed.set(row.transaction_id, row)
    db.atEnd(changed, written)
  },
  /** Spends that were read in this job, as they are to be from now on. */
  async rewrite(db: Handle, rows: readonly SpendRow[]) {
    await forgotten(
      db,
      rows.map(({ transaction_id }) => transaction_id),
    )
    return db.many(rewrite, rows)
  },
  async moveSpend(db: Handle, change: Move) {
    await forgotten(db, [change.id])
    return db.run(move, change)
  },
  async moveOut(db: Handle, ids: readonly string[], at: number) {
    await forgotten(db, ids)
    return changeIn(db, moveOut, { ids, at })
  },
  async openOfSession(db: Handle, of: { account: string; session: string }) {
    await written(db)
    return db.all(openOfSession, of)
  },
  openOfAllAccounts: (db: Handle) => db.all(allOpen),
  async openOfAccount(db: Handle, account: string) {
    await written(db)
    return db.all(openOfAccount, { account })
  },
}
