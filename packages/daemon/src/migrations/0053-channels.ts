import type { Migration } from '../platform/db/database.ts'

const LEASE = 'due_at bigint not null, lease_owner text, lease_until bigint not null'

/** What people are still to be told of what waits, who may use the Telegram bot, and how far its updates were read. */
export const channels: Migration = {
  id: 53,
  name: 'channels',
  statements: [
    `create table approval_notices (
      id text not null primary key, transaction_id text not null, why text not null, channel text, address text,
      tries integer not null, ${LEASE})`,
    `create index approval_notices_due on approval_notices (due_at)`,
    `create table telegram_users (chat_id text not null primary key, role text not null, paired_at bigint not null)`,
    `create table telegram_polls (id text not null primary key, next_update bigint not null, ${LEASE})`,
  ],
}
