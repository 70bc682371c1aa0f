import type { Migration } from '../platform/db/database.ts'

/** A wallet that an owner has added signs for that owner once it has proven to be theirs. */
export const secondWallets: Migration = {
  id: 62,
  name: 'second-wallets',
  statements: [`alter table owner_credentials add column proven integer not null default 1`],
}
