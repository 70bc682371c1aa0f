import type { Migration } from '../platform/db/database.ts'

/** Of a token only its hash is kept. */
export const stopTokens: Migration = {
  id: 18,
  name: 'stop tokens',
  statements: [
    `create table stop_tokens (
      id text primary key, name text not null unique, token_hash text not null unique, created_at bigint not null)`,
  ],
}
