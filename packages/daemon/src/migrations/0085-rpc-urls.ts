import type { Migration } from '../platform/db/database.ts'

/** Addresses of the JSON-RPC proxy that are a token themselves; of that only its hash is kept. */
export const rpcUrls: Migration = {
  id: 85,
  name: 'rpc urls',
  statements: [
    `create table rpc_urls (
      id text primary key, token_hash text not null unique, session_id text not null, wallet_id text not null,
      network text not null, created_at bigint not null, expires_at bigint not null)`,
    'create index rpc_urls_session on rpc_urls (session_id, id)',
  ],
}
