import type { Migration } from '../platform/db/database.ts'

/** What lets a transaction pass above its wallet's ceiling, as the signer sealed it. */
export const lifts: Migration = {
  id: 24,
  name: 'lifts',
  statements: [
    `create table lifts (transaction_id text primary key, lane text not null, text text not null, seal text not null, until bigint not null)`,
    `create index lifts_of_lane on lifts (lane)`,
  ],
}
