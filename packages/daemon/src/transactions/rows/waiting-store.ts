import { groupReader, type Handle, type NoParams, perGroup, statement } from '../../platform/db/database.ts'
import { isUnsigned, type Status } from './states.ts'

type WaitingRow = { scope: string; count: number }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    waiting: WaitingRow
  }
}

/** Whose requests wait: those of a wallet, and of the session that asked for them. */
type Owner = { readonly wallet_id: string; readonly session_id: string | null }

const walletScope = (id: string) => `wallet:${id}`
const sessionScope = (id: string) => `session:${id}`
const scopesOf = ({ wallet_id, session_id }: Owner): string[] =>
  session_id === null ? [walletScope(wallet_id)] : [walletScope(wallet_id), sessionScope(session_id)]

const add = statement<WaitingRow>((db, p) =>
  db
    .insertInto('waiting')
    .values({ scope: p('scope'), count: p('count') })
    .onConflict((on) =>
      on.column('scope').doUpdateSet((eb) => ({ count: eb('waiting.count', '+', eb.ref('excluded.count')) })),
    ),
)
// Not of a list, for which SQLite makes a table each time.
const counts = statement<{ wallet: string; session: string }, WaitingRow>((db, p) =>
  db
    .selectFrom('waiting')
    .selectAll()
    .where('scope', '=', p('wallet'))
    .unionAll(db.selectFrom('waiting').selectAll().where('scope', '=', p('session'))),
)

const tidy = statement<NoParams>((db) => db.deleteFrom('waiting').where('count', '=', 0))

/** What jobs have counted so far, by scope; written at the end. */
const sumOf = perGroup(() => new Map<string, number>())

function count(db: Handle, owner: Owner, by: 1 | -1): void {
  const sum = sumOf(db)
  for (const scope of scopesOf(owner)) sum.set(scope, (sum.get(scope) ?? 0) + by)
  db.atEnd(sum, async (last) => {
    const rows = [...sum].map(([scope, count]) => ({ scope, count })).filter((row) => row.count !== 0)
    if (rows.length > 0) await last.many(add, rows)
  })
}

/** Without what has been counted since. */
const storedCounts = groupReader(async (db, both) => {
  const [wallet = '', session = ''] = both.split(' ')
  const rows = await db.all(counts, { wallet: walletScope(wallet), session: sessionScope(session) })
  return new Map(rows.map((row) => [row.scope, row.count]))
})

/** How many requests wait unsigned, counted with each change of a status. The jobs hold the locks of wallet and session. */
export const waitingStore = {
  inserted(db: Handle, owner: Owner, status: Status): void {
    if (isUnsigned(status)) count(db, owner, 1)
  },
  moved(db: Handle, owner: Owner, { from, to }: { from: Status; to: Status }): void {
    if (isUnsigned(from) !== isUnsigned(to)) count(db, owner, isUnsigned(to) ? 1 : -1)
  },
  /** Forgets whose requests have all left the line. */
  tidy: (db: Handle) => db.run(tidy),
  async of(db: Handle, wallet: string, session: string): Promise<{ wallet: number; session: number }> {
    const stored = await storedCounts(db, `${wallet} ${session}`)
    const sum = sumOf(db)
    const now = (scope: string) => (stored.get(scope) ?? 0) + (sum.get(scope) ?? 0)
    return { wallet: now(walletScope(wallet)), session: now(sessionScope(session)) }
  },
}
