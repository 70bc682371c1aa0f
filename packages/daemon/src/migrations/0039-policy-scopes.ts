import type { Migration } from '../platform/db/database.ts'

const spentBefore = (span: number) =>
  `insert into spend_buckets (scope, unit, span, start, amount)
    select 'session:' || session_id, 'usd', ${span}, updated_at - (updated_at % ${span}), cast(sum(cast(usd as bigint)) as text)
    from spends where state = 'final' and session_id in (select id from sessions)
    group by session_id, updated_at - (updated_at % ${span})`

/**
 * Policies of one session, or of those with a label that the operator gave them; what a session has spent, by when; and since
 * when a recipient is known, by a payment that is final, and what it has had in micro-dollars.
 */
export const policyScopes: Migration = {
  id: 39,
  name: 'policy scopes',
  statements: [
    `alter table sessions add column labels text`,
    `alter table policies add column session_id text`,
    `alter table policies add column session_label text`,
    `create index transactions_of_session on transactions (session_id, id) where tier is not null`,
    `create index spends_open on spends (session_id, account) where state in ('reserved', 'out')`,
    `alter table known_recipients add column first_final_at bigint`,
    `alter table known_recipients add column paid_usd text`,
    spentBefore(60_000),
    spentBefore(3_600_000),
  ],
}
