import type { Migration } from '../platform/db/database.ts'

/**
 * Stops of which not all has been ended yet. A transaction that was accepted under an earlier epoch than one that covers
 * it is over, whatever its row says; what was accepted before epochs were noted is older than any.
 */
export const stops: Migration = {
  id: 11,
  name: 'stops',
  statements: [
    `create table stops (
      id text primary key, at bigint not null, epoch bigint not null, wallet_id text, session_id text, error text not null,
      code text not null, actor text not null, cancelled bigint not null, due_at bigint not null, lease_owner text, lease_until bigint not null)`,
    `alter table transactions add column epoch bigint not null default 0`,
    `drop index transactions_waiting`,
    `create index transactions_waiting on transactions (status, lane, epoch, id) where status = 'PENDING'`,
  ],
}
