import type { Migration } from '../platform/db/database.ts'

/**
 * Owners of wallets, the credentials of each, and what they have agreed to, each with the text that was signed. `replaces`
 * names the owner whose place another one takes once it has verified. `owner_challenges` has one row: the name of this
 * database in challenges, and the key that marks those that it gave.
 */
export const owners: Migration = {
  id: 45,
  name: 'owners',
  statements: [
    `create table owners (
      id text primary key, wallet_id text not null references wallets (id), created_at bigint not null,
      verified_at bigint, replaces text)`,
    `create index owners_wallet on owners (wallet_id)`,
    `create table owner_credentials (
      id text primary key, owner_id text not null references owners (id), kind text not null, address text not null,
      network text, created_at bigint not null)`,
    `create index owner_credentials_owner on owner_credentials (owner_id)`,
    `create index owner_credentials_address on owner_credentials (address)`,
    `create table owner_consents (
      nonce text primary key, action text not null, subject text not null, digest text not null,
      wallet_id text, owner_id text not null, address text not null, network text,
      message text not null, signature text not null, at bigint not null)`,
    `create index owner_consents_subject on owner_consents (subject, action)`,
    `create table owner_challenges (id integer primary key check (id = 1), daemon text not null, mark text not null)`,
  ],
}
