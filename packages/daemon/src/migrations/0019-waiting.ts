import type { Migration } from '../platform/db/database.ts'

/** How many requests of a wallet, and of a session, wait unsigned. */
export const waiting: Migration = {
  id: 19,
  name: 'waiting',
  statements: [
    `create table waiting (scope text primary key, count bigint not null)`,
    ...(['wallet', 'session'] as const).map(
      (scope) => `insert into waiting (scope, count)
        select '${scope}:' || ${scope}_id, count(*) from transactions
        where status in ('PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING') and ${scope}_id is not null
        group by ${scope}_id`,
    ),
  ],
}
