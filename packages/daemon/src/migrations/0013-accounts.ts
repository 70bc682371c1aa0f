import type { Migration } from '../platform/db/database.ts'

/**
 * Under which id the money of an address is counted: that of the wallet that had the address first, so that a key which
 * was purged and comes in again goes on where it was.
 */
export const accounts: Migration = {
  id: 13,
  name: 'accounts',
  statements: [
    `alter table wallets add column account text not null default ''`,
    `update wallets set account = id`,
    `create index wallets_account on wallets (account)`,
    `alter table spends rename column wallet_id to account`,
  ],
}
