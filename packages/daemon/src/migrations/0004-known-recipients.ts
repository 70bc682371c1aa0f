import type { Migration } from '../platform/db/database.ts'

/** Whom a wallet has paid, by what people compare of an address: its first and last characters. */
export const knownRecipients: Migration = {
  id: 4,
  name: 'known recipients',
  statements: [
    `create table known_recipients (
      wallet_id text not null, looks text not null, address text not null, primary key (wallet_id, looks, address))`,
    `insert into known_recipients (wallet_id, looks, address)
      select distinct wallet_id,
        lower(substr(to_address, 1, case when substr(to_address, 1, 2) = '0x' then 6 else 4 end) ||
          substr(to_address, length(to_address) - 3)),
        to_address
      from transactions where status = 'CONFIRMED' and to_address is not null`,
  ],
}
