import type { Migration } from '../platform/db/database.ts'

/** What is known of a replacement, what a transaction's fee may come to, and when it was judged. */
export const judgedReplacements: Migration = {
  id: 9,
  name: 'judged replacements',
  statements: [
    `alter table attempts add column asked_by text`,
    `alter table attempts add column decision text`,
    `alter table transactions add column judged_at bigint`,
    `alter table transactions add column fee_bound text`,
    `alter table transactions add column highest_fee text`,
    `update transactions set fee_bound = max_fee where approved_at is not null`,
  ],
}
