import type { Migration } from '../platform/db/database.ts'

/** What the signer has sealed: the most that it signs for each wallet, and what it has signed for on each lane. */
export const ceilings: Migration = {
  id: 10,
  name: 'ceilings',
  statements: [
    `create table ceilings (wallet_id text primary key, text text not null, seal text not null)`,
    `create table ceiling_counts (lane text primary key, text text not null, seal text not null)`,
  ],
}
