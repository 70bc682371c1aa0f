import type { Migration } from '../platform/db/database.ts'

/** The signatures of messages: under which leave each is made, by which process, and, sealed, what came of it. */
export const signatures: Migration = {
  id: 25,
  name: 'signatures',
  statements: [
    `create table signatures (transaction_id text primary key, attempt_id text not null, lane text not null, owner text not null, lease_until bigint not null, authorisation text not null, sealed text)`,
    `create index signatures_of_lane on signatures (lane, attempt_id)`,
  ],
}
