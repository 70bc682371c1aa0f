import type { Migration } from '../platform/db/database.ts'

/** What others may take of an account as long as an allowance is open; what was granted before counts as well. */
export const standingAllowances: Migration = {
  id: 60,
  name: 'standing allowances',
  statements: [
    `create table standing_allowances (
      id text primary key, account text not null, network text not null, asset text not null, spender text not null,
      session_id text, amount text not null, usd text, unlimited integer not null, balance text, balance_before text, changed_at bigint not null,
      due_at bigint not null, lease_owner text, lease_until bigint not null)`,
    `create index standing_allowances_account on standing_allowances (account)`,
    `create index standing_allowances_session on standing_allowances (session_id)`,
    `create index standing_allowances_due on standing_allowances (due_at)`,
    `insert into standing_allowances (id, account, network, asset, spender, session_id, amount, unlimited, changed_at, due_at, lease_until)
      select granted.id, wallets.account, transactions.network, granted.asset, granted.spender, transactions.session_id,
        granted.amount, granted.unlimited, transactions.updated_at, 0, 0
      from transaction_allowances as granted
      join transactions on transactions.id = granted.transaction_id
      join wallets on wallets.id = granted.wallet_id
      where transactions.status = 'CONFIRMED' and granted.amount <> '0'
        and granted.asset not like '%/nft:%' and granted.asset not like '%/erc721:%'
        and granted.id = (select max(other.id) from transaction_allowances as other
          join transactions as made on made.id = other.transaction_id
          where other.wallet_id = granted.wallet_id and other.asset = granted.asset and other.spender = granted.spender
            and made.status = 'CONFIRMED')`,
  ],
}
