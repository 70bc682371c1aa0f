import type { Migration } from '../platform/db/database.ts'

/** When whoever has to approve is reminded of what waits; a row goes when there is nothing more to tell. */
export const approvalReminders: Migration = {
  id: 52,
  name: 'approval reminders',
  statements: [
    `create table approval_reminders (
      transaction_id text not null primary key, since bigint not null, until bigint not null, due_at bigint not null)`,
    `create index approval_reminders_due on approval_reminders (due_at)`,
    `insert into approval_reminders (transaction_id, since, until, due_at)
      select id, updated_at, approval_expires_at, updated_at + (approval_expires_at - updated_at) / 2
      from transactions where status = 'QUEUED' and approval_expires_at is not null`,
  ],
}
