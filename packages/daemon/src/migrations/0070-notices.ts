import type { Migration } from '../platform/db/database.ts'

const LEASE = 'due_at bigint not null, lease_owner text, lease_until bigint not null'

/** How far the evidence was read for what is told; what is still to be told on which channel; and what was. */
export const noticeTables: Migration = {
  id: 70,
  name: 'notices',
  statements: [
    `create table notice_feed (
      id text not null primary key, checkpoint bigint not null, passed bigint not null, next_number bigint not null)`,
    `create table notice_queues (
      id text not null primary key, tries integer not null, minute bigint not null, told integer not null, ${LEASE})`,
    `create table notices (
      id text not null primary key, channel text not null, lane text not null, number bigint not null,
      rank integer not null, state text not null, event text not null, wallet_id text, body text not null,
      tries integer not null, due_at bigint not null, created_at bigint not null, error text)`,
    `create index notices_order on notices (channel, state, rank, number)`,
    `create index notices_lane on notices (channel, state, lane, number)`,
    `create table notice_log (
      id text not null primary key, channel text not null, event text not null, wallet_id text, status text not null,
      http_status integer, attempt integer not null, error text, message text, duration_ms integer,
      created_at bigint not null)`,
    `create index notice_log_channel on notice_log (channel, id)`,
    `create index notice_log_created on notice_log (created_at)`,
    `create table webhooks (
      id text not null primary key, shown_url text not null, sealed text not null, events text not null,
      description text, previous_until bigint, created_at bigint not null, updated_at bigint not null)`,
  ],
}
