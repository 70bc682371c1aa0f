import { type Handle, perGroup, statement } from '../platform/db/database.ts'
import type { DueRow } from '../platform/due-rows.ts'

/** What somebody may take of an account since a transaction or a signature has let him, as it was seen last. */
export type StandingRow = DueRow & {
  account: string
  network: string
  asset: string
  spender: string
  session_id: string | null
  /** Base units; and micro-dollars of them at the last price that was known, null without one. */
  amount: string
  usd: string | null
  unlimited: number
  /** Base units of the asset that the account had at the last look; null: nobody could say. */
  balance: string | null
  /** And at the look before. */
  balance_before: string | null
  changed_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    standing_allowances: StandingRow
  }
}

const insert = statement<StandingRow>((db, p) =>
  db.insertInto('standing_allowances').values({
    ...{ id: p('id'), account: p('account'), network: p('network'), asset: p('asset'), spender: p('spender') },
    ...{ session_id: p('session_id'), amount: p('amount'), usd: p('usd'), unlimited: p('unlimited') },
    ...{ balance: p('balance'), balance_before: p('balance_before'), changed_at: p('changed_at'), due_at: p('due_at') },
    ...{ lease_owner: p('lease_owner'), lease_until: p('lease_until') },
  }),
)
const byId = statement<{ id: string }, StandingRow>((db, p) =>
  db.selectFrom('standing_allowances').selectAll().where('id', '=', p('id')),
)
const ofAccount = statement<{ of: string }, StandingRow>((db, p) =>
  db.selectFrom('standing_allowances').selectAll().where('account', '=', p('of')).orderBy('id', 'desc'),
)
const ofSession = statement<{ of: string }, StandingRow>((db, p) =>
  db.selectFrom('standing_allowances').selectAll().where('session_id', '=', p('of')).orderBy('id', 'desc'),
)
type Seen = Pick<StandingRow, 'id' | 'amount' | 'usd' | 'balance' | 'balance_before' | 'changed_at' | 'due_at'>
const see = statement<Seen>((db, p) =>
  db
    .updateTable('standing_allowances')
    .set({
      ...{ amount: p('amount'), usd: p('usd'), balance: p('balance'), balance_before: p('balance_before') },
      ...{ changed_at: p('changed_at'), due_at: p('due_at') },
    })
    .where('id', '=', p('id')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('standing_allowances').where('id', '=', p('id')))
const leaveSession = statement<{ session: string }>((db, p) =>
  db.updateTable('standing_allowances').set({ session_id: null }).where('session_id', '=', p('session')),
)

/** What jobs have read, which hold the lock of the account or of the session; read again after each change. */
const known = perGroup(() => new Map<string, Promise<readonly StandingRow[]>>())

function read(db: Handle, key: string, rows: () => Promise<StandingRow[]>): Promise<readonly StandingRow[]> {
  const reading = known(db).get(key) ?? rows()
  known(db).set(key, reading)
  return reading
}

export const standingStore = {
  async insert(db: Handle, rows: readonly StandingRow[]): Promise<void> {
    if (rows.length === 0) return
    known(db).clear()
    await db.many(insert, rows)
  },
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** The newest first. */
  ofAccount: (db: Handle, account: string) => read(db, `account ${account}`, () => db.all(ofAccount, { of: account })),
  ofSession: (db: Handle, session: string) => read(db, `session ${session}`, () => db.all(ofSession, { of: session })),
  async see(db: Handle, row: Seen): Promise<void> {
    known(db).clear()
    await db.run(see, row)
  },
  async remove(db: Handle, id: string): Promise<void> {
    known(db).clear()
    await db.run(remove, { id })
  },
  /** A session that is forgotten has let nobody take anything any more; its wallets have. */
  async leaveSession(db: Handle, session: string): Promise<void> {
    await db.run(leaveSession, { session })
  },
}
