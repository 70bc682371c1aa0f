import type { Migration } from '../platform/db/database.ts'

/** What transactions have moved, for books, when their effects are not kept any more. */
export const keptMovements: Migration = {
  id: 41,
  name: 'kept movements',
  statements: [`alter table transaction_texts add column movements text`],
}
