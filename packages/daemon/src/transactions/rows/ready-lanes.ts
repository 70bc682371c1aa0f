import { sql } from 'kysely'
import { type Handle, type NoParams, statement } from '../../platform/db/database.ts'

type LaneKey = { lane: string; wallet_id: string; network: string }
// From one lane to the next by an index that has the status too, or SQLite takes another: asked several times a second, however much waits in each.
const waitingLanes = statement<NoParams, LaneKey>(
  () => sql`
    with recursive waiting (lane) as (
      select min(lane) from transactions where status = 'PENDING'
      union all
      select (select min(lane) from transactions where status = 'PENDING' and lane > waiting.lane)
        from waiting where waiting.lane is not null)
    select newest.lane, newest.wallet_id, newest.network from waiting join transactions as newest on newest.id = (
      select id from transactions where status = 'PENDING' and lane = waiting.lane order by epoch desc, id desc limit 1)`,
)
const executingLanes = statement<NoParams, LaneKey>((db) =>
  db
    .selectFrom('transactions')
    .select(['lane', 'wallet_id', 'network'])
    .distinct()
    .where('status', '=', sql.lit('EXECUTING')),
)

/** Lanes with something that is not signed. */
export const readyLanes = async (db: Handle): Promise<LaneKey[]> => [
  ...(await db.all(waitingLanes)),
  ...(await db.all(executingLanes)),
]
