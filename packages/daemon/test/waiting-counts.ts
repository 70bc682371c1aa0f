import type { Database } from '../src/platform/db/database.ts'
import { UNSIGNED } from '../src/transactions/rows/states.ts'

/** Test support: throws unless what is counted as waiting is what the rows of the transactions say. */
export async function requireCounted(database: Database): Promise<void> {
  const { rows, counted } = await database.read(async (db) => ({
    rows: await db.query<{ wallet_id: string; session_id: string | null }>((k) =>
      k
        .selectFrom('transactions')
        .select(['wallet_id', 'session_id'])
        .where('status', 'in', [...UNSIGNED]),
    ),
    counted: await db.query<{ scope: string; count: number }>((k) => k.selectFrom('waiting').selectAll()),
  }))
  const expected = new Map<string, number>()
  for (const { wallet_id, session_id } of rows) {
    const scopes = session_id === null ? [`wallet:${wallet_id}`] : [`wallet:${wallet_id}`, `session:${session_id}`]
    for (const scope of scopes) expected.set(scope, (expected.get(scope) ?? 0) + 1)
  }
  const found = new Map(counted.filter(({ count }) => count !== 0).map(({ scope, count }) => [scope, count]))
  const text = (counts: Map<string, number>) => JSON.stringify([...counts].sort())
  if (text(found) !== text(expected)) throw new Error(`${text(found)} is counted as waiting, ${text(expected)} waits`)
}
