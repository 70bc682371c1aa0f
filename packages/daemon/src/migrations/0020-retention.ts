import type { Migration } from '../platform/db/database.ts'

/**
 * What is removed or shortened after its time, where each of that has come to, and what was not over then; and how many
 * refused requests of a session and day were kept, and how many were only counted.
 */
export const retention: Migration = {
  id: 20,
  name: 'retention',
  statements: [
    `create table retention (
      id text primary key, after text not null, due_at bigint not null, lease_owner text, lease_until bigint not null)`,
    `insert into retention (id, after, due_at, lease_until) values ('refused requests', '', 0, 0), ('details', '', 0, 0),
      ('late endings', '', 0, 0), ('idempotency keys', '', 0, 0), ('sessions', '', 0, 0)`,
    `create table late_endings (transaction_id text primary key)`,
    `create table refusals (
      session_id text not null, day bigint not null, kept bigint not null, not_kept bigint not null, primary key (session_id, day))`,
    `create index transactions_refused on transactions (id) where tier is null`,
    `create index idempotency_keys_age on idempotency_keys (created_at)`,
  ],
}
