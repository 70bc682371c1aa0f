import type { Migration } from '../platform/db/database.ts'

/** A wallet's name is one wallet's alone until it is purged; those that share one from before have no key and keep it. */
export const walletNames: Migration = {
  id: 21,
  name: 'wallet names',
  statements: [
    `alter table wallets add column name_key text`,
    `create unique index wallets_name on wallets (name_key) where purged_at is null`,
  ],
}
