import type { Migration } from '../platform/db/database.ts'

/** What wallets have let others take, and which of them have little left for fees. */
export const allowances: Migration = {
  id: 37,
  name: 'allowances and low balances',
  statements: [
    `create table transaction_allowances (
      id text primary key, transaction_id text not null, wallet_id text not null, asset text not null, spender text not null,
      amount text not null, unlimited integer not null)`,
    `create index transaction_allowances_wallet on transaction_allowances (wallet_id, asset, spender, id)`,
    `create table low_balances (
      lane text primary key, wallet_id text not null, network text not null, address text not null, fee text not null,
      created_at bigint not null)`,
  ],
}
