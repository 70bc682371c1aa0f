import type { Migration } from '../platform/db/database.ts'

/**
 * An owner who has a passkey alone has named where all goes that they take out. Invitations of such owners: of what is in the
 * link only a hash is kept; `candidate` is who has accepted it, JSON, whom the operator has not confirmed yet.
 */
export const invitations: Migration = {
  id: 63,
  name: 'invitations',
  statements: [
    `alter table owners add column withdraw_to text`,
    `alter table owners add column withdraw_network text`,
    `create table owner_invitations (
      code_hash text primary key, wallet_id text not null references wallets (id), candidate text,
      created_at bigint not null, expires_at bigint not null)`,
    `create index owner_invitations_wallet on owner_invitations (wallet_id)`,
  ],
}
