import { type Handle, type NoParams, perGroup, statement } from '../platform/db/database.ts'

/** `since` is when the account was last stopped, in milliseconds; 0: never. */
type CountRow = { account: string; since: number; counts: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    autostop_counts: CountRow
  }
}

const byAccount = statement<{ account: string }, CountRow>((db, p) =>
  db.selectFrom('autostop_counts').selectAll().where('account', '=', p('account')),
)
const put = statement<CountRow>((db, p) =>
  db
    .insertInto('autostop_counts')
    .values({ account: p('account'), since: p('since'), counts: p('counts') })
    .onConflict((on) => on.column('account').doUpdateSet({ since: p('since'), counts: p('counts') })),
)
const newest = statement<NoParams, { at: number | null }>((db) =>
  db.selectFrom('autostop_counts').select((of) => of.fn.max('since').as('at')),
)

/** What the rules have counted of an account, by rule. */
export type Counts = { readonly since: number; readonly of: Readonly<Record<string, unknown>> }

/** As it was read, or as the jobs of a group have left it. */
type Known = { counts: Counts; isChanged: boolean }
const knownTo = perGroup(() => new Map<string, Promise<Known>>())

async function read(db: Handle, account: string): Promise<Known> {
  const row = await db.get(byAccount, { account })
  // Written by `set` alone.
  const counts = row ? { since: row.since, of: JSON.parse(row.counts) as Counts['of'] } : { since: 0, of: {} }
  return { counts, isChanged: false }
}

function known(db: Handle, account: string): Promise<Known> {
  const all = knownTo(db)
  const reading = all.get(account) ?? read(db, account)
  all.set(account, reading)
  return reading
}

async function write(db: Handle, all: Map<string, Promise<Known>>): Promise<void> {
  for (const [account, reading] of all) {
    const { counts, isChanged } = await reading
    if (isChanged) await db.run(put, { account, since: counts.since, counts: JSON.stringify(counts.of) })
  }
}

/** The jobs hold the lock of the account. What one of a group has counted is so for the others, and written once. */
export const countStore = {
  of: async (db: Handle, account: string): Promise<Counts> => (await known(db, account)).counts,
  set(db: Handle, account: string, counts: Counts): void {
    const all = knownTo(db)
    all.set(account, Promise.resolve({ counts, isChanged: true }))
    db.atEnd(all, (last) => write(last, all))
  },
  /** When any account was stopped last. */
  lastStop: async (db: Handle) => (await db.get(newest))?.at || null,
}
