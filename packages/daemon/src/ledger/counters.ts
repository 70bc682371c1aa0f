import { sql } from 'kysely'
import { type Handle, type NoParams, perGroup, statement } from '../platform/db/database.ts'

/** What a scope counts in one unit. */
export type Counter = { readonly scope: string; readonly unit: string }
type CounterRow = Counter & { open: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    spend_counters: CounterRow
  }
}

const ofScope = statement<{ scope: string }, { unit: string; open: string }>((db, p) =>
  db.selectFrom('spend_counters').select(['unit', 'open']).where('scope', '=', p('scope')),
)
const set = statement<CounterRow>((db, p) =>
  db
    .insertInto('spend_counters')
    .values({ scope: p('scope'), unit: p('unit'), open: p('open') })
    .onConflict((on) => on.columns(['scope', 'unit']).doUpdateSet((eb) => ({ open: eb.ref('excluded.open') }))),
)
const notZero = statement<NoParams, CounterRow>((db) =>
  db.selectFrom('spend_counters').selectAll().where('open', '!=', sql.lit('0')),
)
const remove = statement<{ scope: string }>((db, p) => db.deleteFrom('spend_counters').where('scope', '=', p('scope')))

type Opens = Map<string, bigint>
/** What jobs have read and counted on, by scope; written at the end. */
const bookOf = perGroup(() => new Map<string, Promise<Opens>>())

function opensOf(db: Handle, scope: string): Promise<Opens> {
  const book = bookOf(db)
  const reading = book.get(scope) ?? read(db, scope)
  book.set(scope, reading)
  return reading
}

const read = async (db: Handle, scope: string): Promise<Opens> =>
  new Map((await db.all(ofScope, { scope })).map(({ unit, open }) => [unit, BigInt(open)]))

/** What jobs have changed, by scope and unit. */
const changesOf = perGroup(() => new Map<string, CounterRow>())

function change(db: Handle, opens: Opens, { scope, unit, open }: Counter & { open: bigint }): void {
  opens.set(unit, open)
  const changed = changesOf(db)
  changed.set(`${scope} ${unit}`, { scope, unit, open: String(open) })
  db.atEnd(changed, async (last) => void (await last.many(set, [...changed.values()])))
}

/** What is open, each scope read once in a job and written once: the job holds the lock of whatever counts in it. */
export const counters = {
  open: async (db: Handle, { scope, unit }: Counter): Promise<bigint> => (await opensOf(db, scope)).get(unit) ?? 0n,
  /** Of every unit in which the scope has ever counted anything. */
  openOfAll: async (db: Handle, scope: string): Promise<Opens> => new Map(await opensOf(db, scope)),
  setOpen: async (db: Handle, of: Counter, open: bigint): Promise<void> =>
    change(db, await opensOf(db, of.scope), { ...of, open }),
  /** Throws where less than nothing would be open. */
  async raise(db: Handle, { scope, unit }: Counter, amount: bigint): Promise<void> {
    const opens = await opensOf(db, scope)
    const open = (opens.get(unit) ?? 0n) + amount
    if (open < 0n) throw new Error(`the open counter of ${scope} in ${unit} would fall below zero`)
    change(db, opens, { scope, unit, open })
  },
  /** All in which anything is open. */
  openCounters: (db: Handle) => db.all(notZero),
  async remove(db: Handle, scope: string): Promise<void> {
    await db.run(remove, { scope })
  },
}
