import type { Migration } from '../platform/db/database.ts'

/** All that a wallet holds, sent to one address: what is to leave, the transaction of each, and where it is worked on. */
export const sweeps: Migration = {
  id: 38,
  name: 'sweeps',
  statements: [
    `create table sweeps (id text primary key, wallet_id text not null, to_address text not null, status text not null, created_at bigint not null, updated_at bigint not null)`,
    `create unique index sweeps_running on sweeps (wallet_id) where status = 'RUNNING'`,
    `create table sweep_steps (sweep_id text not null, step integer not null, network text not null, asset text not null, symbol text not null, decimals integer not null, token text, amount text, tries integer not null, transaction_id text, error text, primary key (sweep_id, step))`,
    `create table sweep_work (id text primary key, sweep_id text not null, network text not null, due_at bigint not null, lease_owner text, lease_until bigint not null)`,
    `create index sweep_work_due on sweep_work (due_at)`,
    `alter table transactions add column sweep_id text`,
  ],
}
