import type { Migration } from '../platform/db/database.ts'

/** Which attempt holds the judgement that is in force, where that is not the one with the request. */
export const judgedAttempts: Migration = {
  id: 23,
  name: 'judged attempts',
  statements: [`alter table transactions add column judged_attempt text`],
}
