import type { Migration } from '../platform/db/database.ts'

/**
 * What the rules of AutoStop have counted of an account since they stopped it last; and when a session was last used, null
 * where that was not kept yet.
 */
export const autostop: Migration = {
  id: 56,
  name: 'autostop',
  statements: [
    `create table autostop_counts (account text not null primary key, since bigint not null, counts text not null)`,
    `alter table sessions add column last_used_at bigint`,
  ],
}
