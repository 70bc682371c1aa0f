import type { Migration } from '../platform/db/database.ts'

/** What was told and holds still: an outage, or that a session is near its end. */
export const noticeStates: Migration = {
  id: 71,
  name: 'notice-states',
  statements: [`create table notice_states (id text not null primary key, since bigint not null)`],
}
