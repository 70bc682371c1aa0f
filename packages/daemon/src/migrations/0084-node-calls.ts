import type { Migration } from '../platform/db/database.ts'

/** What sessions ask for as of a node: a client that asks again, because it heard nothing, finds what it asked for. */
export const nodeCalls: Migration = {
  id: 84,
  name: 'node calls',
  statements: [
    `create table node_calls (
      session_id text not null, identity text not null, key text not null, transaction_id text,
      is_answered integer not null, asked_at bigint not null, primary key (session_id, identity))`,
    'create index node_calls_asked on node_calls (asked_at)',
  ],
}
