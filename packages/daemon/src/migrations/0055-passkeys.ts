import type { Migration } from '../platform/db/database.ts'

/** Passkeys of owners, each with its P-256 key and how often it has signed. */
export const passkeys: Migration = {
  id: 55,
  name: 'passkeys',
  statements: [
    `create table owner_passkeys (
      id text primary key, owner_id text not null references owners (id), credential_id text not null unique,
      public_key text not null, rp_id text not null, sign_count bigint not null, created_at bigint not null)`,
    `create index owner_passkeys_owner on owner_passkeys (owner_id)`,
  ],
}
