import type { Migration } from '../platform/db/database.ts'

/** How often what an attempt did in a block was looked for in vain, so that a restart does not begin to count anew. */
export const unreadLandings: Migration = {
  id: 29,
  name: 'unread landings',
  statements: [
    `create table unread_landings (attempt_id text primary key, block_hash text not null, looks bigint not null)`,
  ],
}
