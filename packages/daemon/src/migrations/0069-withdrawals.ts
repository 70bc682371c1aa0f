import type { Migration } from '../platform/db/database.ts'

/** When the owners of a wallet had agreed to take all out of it, by which what they signed is found, and from which networks. */
export const withdrawals: Migration = {
  id: 69,
  name: 'withdrawals',
  statements: [`alter table sweeps add column agreed_at bigint`, `alter table sweeps add column agreed_networks text`],
}
