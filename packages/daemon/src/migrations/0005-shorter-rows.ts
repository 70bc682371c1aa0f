import type { Migration } from '../platform/db/database.ts'

/** What is long and seldom changes leaves the rows that every step of a payment writes; indexes hold what is looked for. */
export const shorterRows: Migration = {
  id: 5,
  name: 'shorter rows',
  statements: [
    `create table transaction_texts (
      id text primary key, request text not null, draft text, hints text, effects text, decision text not null)`,
    `insert into transaction_texts (id, request, draft, hints, effects, decision)
      select id, request, draft, hints, effects, decision from transactions`,
    `alter table transactions drop column request`,
    `alter table transactions drop column draft`,
    `alter table transactions drop column hints`,
    `alter table transactions drop column effects`,
    `alter table transactions drop column decision`,
    `drop index transactions_lane`,
    `create index transactions_waiting on transactions (lane, id) where status = 'PENDING'`,
    `drop index transactions_status`,
    `create index transactions_newest on transactions (status, id)`,
    `create index transactions_due on transactions (due_at) where status = 'QUEUED'`,
    `create index transactions_expiring on transactions (approval_expires_at) where status = 'QUEUED'`,
    `drop index attempts_live`,
  ],
}
