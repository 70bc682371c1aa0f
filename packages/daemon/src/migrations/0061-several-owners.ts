import type { Migration } from '../platform/db/database.ts'

/**
 * A wallet has several owners, `needed` of whom have to agree; where it has no row that is one. A passkey is a credential as a
 * wallet is: its address is `passkey:` with its id, and it has a P-256 key and counts how often it has signed. What an owner
 * said names the credential that signed it and the SHA-256 of what it is about, who owned the wallet included; it counts until
 * it is spent. What was
 * asked of owners before is asked anew.
 */
export const severalOwners: Migration = {
  id: 61,
  name: 'several-owners',
  statements: [
    `create table owner_thresholds (
      wallet_id text primary key references wallets (id), needed integer not null check (needed > 0))`,
    `alter table owner_credentials add column public_key text`,
    `alter table owner_credentials add column rp_id text`,
    `alter table owner_credentials add column sign_count bigint`,
    `insert into owner_credentials (id, owner_id, kind, address, network, created_at, public_key, rp_id, sign_count)
      select id, owner_id, 'passkey', 'passkey:' || credential_id, null, created_at, public_key, rp_id, sign_count
      from owner_passkeys`,
    `drop table owner_passkeys`,
    `create unique index owner_credentials_passkey on owner_credentials (address) where kind = 'passkey'`,
    `alter table owner_consents add column credential_id text`,
    `alter table owner_consents add column content text`,
    `alter table owner_consents add column spent_at bigint`,
    `update owner_consents set spent_at = at`,
    `drop table consents_given`,
    `delete from consents`,
  ],
}
