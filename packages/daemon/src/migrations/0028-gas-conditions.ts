import type { Migration } from '../platform/db/database.ts'

/** What gas may cost when a request is signed, and until when it waits for that. */
export const gasConditions: Migration = {
  id: 28,
  name: 'gas conditions',
  statements: [
    `alter table transaction_texts add column gas_condition text`,
    `alter table transactions add column gas_until bigint`,
  ],
}
