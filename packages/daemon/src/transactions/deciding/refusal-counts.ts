import { sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'

type RefusalRow = { session_id: string; day: number; kept: number; not_kept: number }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    refusals: RefusalRow
  }
}

const DAY_MS = 86_400_000
/** Of a session and a day; the others are counted. */
export const MOST_KEPT = 10_000

const count = statement<{ session: string; day: number }, { not_kept: number }>(
  (_, p) => sql`insert into refusals (session_id, day, kept, not_kept) values (${p('session')}, ${p('day')}, 1, 0)
    on conflict (session_id, day) do update set
      kept = refusals.kept + case when refusals.kept < ${sql.lit(MOST_KEPT)} then 1 else 0 end,
      not_kept = refusals.not_kept + case when refusals.kept < ${sql.lit(MOST_KEPT)} then 0 else 1 end
    returning not_kept`,
)
const notKept = statement<{ session: string }, { requests: number }>((db, p) =>
  db
    .selectFrom('refusals')
    .select((eb) => eb.cast<number>(eb.fn.coalesce(eb.fn.sum('not_kept'), sql.lit(0)), 'bigint').as('requests'))
    .where('session_id', '=', p('session')),
)
const forget = statement<{ before: number }>((db, p) => db.deleteFrom('refusals').where('day', '<', p('before')))

const dayOf = (at: number): number => Math.floor(at / DAY_MS)

/** Refused requests of each session and day. */
export const refusalCounts = {
  /** Counts one more; how many of the day are not kept. The job holds the session's lock. */
  count: async (db: Handle, session: string, at: number): Promise<number> =>
    (await db.get(count, { session, day: dayOf(at) }))!.not_kept,
  /** How many of a session were not kept, of the days that are still known. */
  notKept: async (db: Handle, session: string): Promise<number> => (await db.get(notKept, { session }))!.requests,
  forget: (db: Handle, before: number) => db.run(forget, { before: dayOf(before) }),
}
