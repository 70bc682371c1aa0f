import type { Migration } from '../platform/db/database.ts'

/**
 * Whom transactions pay, let spend or call, and the hashes of their bytes. Of those from before, whom the request names:
 * addresses that begin with 0x compare in lower case.
 */
export const listFilters: Migration = {
  id: 34,
  name: 'list filters',
  statements: [
    `create table transaction_addresses (
      address text not null, transaction_id text not null, primary key (address, transaction_id))`,
    `create index transaction_addresses_transaction on transaction_addresses (transaction_id)`,
    `insert into transaction_addresses (address, transaction_id)
      select case when to_address like '0x%' then lower(to_address) else to_address end, id
      from transactions where to_address is not null`,
    `create index attempts_hash on attempts (hash) where hash is not null`,
  ],
}
