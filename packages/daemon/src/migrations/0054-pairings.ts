import type { Migration } from '../platform/db/database.ts'

/**
 * Agents that ask for a session. Of code and poll token only hashes are kept. A session that a pairing hands out is not
 * claimed until its token is first used.
 */
export const pairings: Migration = {
  id: 54,
  name: 'pairings',
  statements: [
    `create table pairings (
      id text primary key, code_hash text not null unique, poll_hash text not null unique,
      name text not null, scopes text not null, peer text not null, peer_group text not null,
      epoch bigint not null, status text not null, session_id text, fetch_until bigint,
      interval_s bigint not null, polled_at bigint, created_at bigint not null, expires_at bigint not null)`,
    `create index pairings_expiry on pairings (expires_at)`,
    `alter table sessions add column is_claimed integer not null default 1`,
  ],
}
