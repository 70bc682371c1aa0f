import { type Handle, statement } from '../../platform/db/database.ts'
import { isOver } from '../stopping/stop-store.ts'

/** Behind each id, whose characters are hex. */
const LAST = 'g'

const count = statement<{ lane: string; before: string }, { count: number | string }>((db, p) =>
  db
    .selectFrom('transactions')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('transactions.lane', '=', p('lane'))
    .where('transactions.status', 'in', ['PENDING', 'QUEUED', 'GAS_WAITING'])
    .where('transactions.id', '<', p('before'))
    .where((eb) => eb.not(isOver(eb))),
)

/** Requests of a lane that have no place in its order yet. */
export const unplacedStore = {
  async count(db: Handle, { lane, before = LAST }: { lane: string; before?: string }): Promise<number> {
    return Number((await db.get(count, { lane, before }))?.count ?? 0)
  },
}
