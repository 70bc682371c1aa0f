import { firstIdAt } from '@waiaas/contract'
import { type Handle, statement } from '../platform/db/database.ts'

type Counted = { status: string; count: number }
const counted = statement<{ first: string; from: number; until: number }, Counted>((db, p) =>
  db
    .selectFrom('transactions')
    .select('status')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('id', '>', p('first'))
    .where('created_at', '>=', p('from'))
    .where('created_at', '<', p('until'))
    .groupBy('status'),
)
const ENDS: Readonly<Record<string, 'confirmed' | 'failed' | 'cancelled'>> = {
  ...{ CONFIRMED: 'confirmed', FAILED: 'failed', CANCELLED: 'cancelled', EXPIRED: 'cancelled' },
}

/** What has become of the requests between two times (unix milliseconds); undefined where there were none. */
export async function requestsBetween(db: Handle, from: number, until: number) {
  const counts = { confirmed: 0, failed: 0, cancelled: 0, open: 0 }
  const rows = await db.all(counted, { first: firstIdAt(from), from, until })
  for (const { status, count } of rows) counts[ENDS[status] ?? 'open'] += count
  return rows.length === 0 ? undefined : counts
}
