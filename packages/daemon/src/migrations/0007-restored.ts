import type { Migration } from '../platform/db/database.ts'

/**
 * What a restore leaves behind: another secret of the sessions' tokens, and per wallet the instant (unix milliseconds)
 * before which it may have spent more than the database knows.
 */
export const restored: Migration = {
  id: 7,
  name: 'restored',
  statements: [
    `create table session_secret (id integer primary key, generation bigint not null)`,
    `insert into session_secret (id, generation) values (1, 0)`,
    `alter table wallets add column spends_unknown_before bigint`,
  ],
}
