import type { Migration } from '../platform/db/database.ts'

/** Of a token only its hash is kept. `bound_to` says under which password and stop it was made: it works under no other. */
export const logins: Migration = {
  id: 77,
  name: 'logins',
  statements: [
    `create table logins (
      id text primary key, token_hash text not null unique, bound_to text not null,
      created_at bigint not null, used_at bigint not null)`,
  ],
}
