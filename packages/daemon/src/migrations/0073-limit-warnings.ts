import type { Migration } from '../platform/db/database.ts'

/** Limits of which was told that they are nearly used up, and when. */
export const limitWarnings: Migration = {
  id: 73,
  name: 'limit-warnings',
  statements: [`create table limit_warnings (id text not null primary key, told_at bigint not null)`],
}
