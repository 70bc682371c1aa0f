import { sql } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'

/** How often what an attempt did in a block was looked for in vain. */
type UnreadRow = { attempt_id: string; block_hash: string; looks: number }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    unread_landings: UnreadRow
  }
}

const count = statement<{ attempt: string; block: string }, { looks: number }>(
  (_, p) => sql`insert into unread_landings (attempt_id, block_hash, looks) values (${p('attempt')}, ${p('block')}, 1)
    on conflict (attempt_id) do update set block_hash = excluded.block_hash,
      looks = case when unread_landings.block_hash = excluded.block_hash then unread_landings.looks + 1 else 1 end
    returning looks`,
)

/** What is in a block while no node tells what it did there, over restarts and changes of the lane's holder. */
export const unreadStore = {
  /** Counts one look more; how many there were. Another block is another landing. */
  count: async (db: Handle, attempt: string, block: string): Promise<number> =>
    (await db.get(count, { attempt, block }))!.looks,
}
