import type { Migration } from '../platform/db/database.ts'

/** One row while the operator waits for a locked daemon to open without its owners. */
export const recoveries: Migration = {
  id: 46,
  name: 'recoveries',
  statements: [
    `create table recoveries (id integer primary key check (id = 1), started_at bigint not null, opens_at bigint not null)`,
  ],
}
