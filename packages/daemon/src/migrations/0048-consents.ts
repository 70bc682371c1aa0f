import type { Migration } from '../platform/db/database.ts'

/**
 * A sweep that the owner of its wallet signed for names that owner: `agreed_by`. What the operator asked for and owners have to agree to, `wallets` as a JSON list of their ids; and who has agreed. One is
 * used once.
 */
export const consents: Migration = {
  id: 48,
  name: 'consents',
  statements: [
    `create table consents (
      id text primary key, action text not null, digest text not null, words text not null, wallets text not null,
      created_at bigint not null, expires_at bigint not null, used_at bigint)`,
    `create index consents_digest on consents (digest)`,
    `create table consents_given (
      consent_id text not null references consents (id), address text not null, network text not null,
      nonce text not null, at bigint not null, primary key (consent_id, address, network))`,
    `alter table sweeps add column agreed_by text`,
  ],
}
