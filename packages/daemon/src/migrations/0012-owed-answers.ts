import type { Migration } from '../platform/db/database.ts'

/**
 * Requests without a key whose answer is not known to have reached anybody. Of those of before nothing is known, so that
 * the answers of the last minute count as owed.
 */
export const owedAnswers: Migration = {
  id: 12,
  name: 'owed answers',
  statements: [
    `create table owed_answers (transaction_id text primary key)`,
    `insert into owed_answers (transaction_id)
      select id from transactions where created_at > (select max(created_at) from transactions) - 60000`,
  ],
}
