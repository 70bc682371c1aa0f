import type { Migration } from '../platform/db/database.ts'

/** Signatures that others may use until a deadline, by their transaction; and what shows whether they did. */
export const vouchers: Migration = {
  id: 30,
  name: 'vouchers',
  statements: [
    `create table vouchers (id text primary key, wallet_id text not null, session_id text, network text not null, digest text not null, claim text not null, due_at bigint not null, lease_owner text, lease_until bigint not null)`,
    `create index vouchers_due on vouchers (due_at)`,
    `create index vouchers_of_wallet on vouchers (wallet_id, digest)`,
  ],
}
