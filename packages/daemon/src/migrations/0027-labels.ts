import type { Migration } from '../platform/db/database.ts'

/** What callers say that their requests are for. */
export const labels: Migration = {
  id: 27,
  name: 'labels',
  statements: [
    `alter table transaction_texts add column labels text`,
    `create table transaction_labels (label text not null, transaction_id text not null, primary key (label, transaction_id))`,
    `create index transaction_labels_transaction on transaction_labels (transaction_id)`,
  ],
}
