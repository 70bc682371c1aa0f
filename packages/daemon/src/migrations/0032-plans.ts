import type { Migration } from '../platform/db/database.ts'

/** Which plan a transaction is a step of, and until when its steps may be signed. */
export const plans: Migration = {
  id: 32,
  name: 'plans',
  statements: [
    `alter table transactions add column plan_id text`,
    `alter table transactions add column plan_step integer`,
    `alter table transactions add column plan_until bigint`,
    `create index transactions_of_plan on transactions (plan_id, plan_step) where plan_id is not null`,
    `create index transactions_plan_until on transactions (status, plan_until) where plan_until is not null`,
  ],
}
