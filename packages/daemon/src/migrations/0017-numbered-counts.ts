import type { Migration } from '../platform/db/database.ts'

/** Counts of the signer are numbered, so that a checkpoint of the evidence can name the last one of a lane. */
export const numberedCounts: Migration = {
  id: 17,
  name: 'numbered counts',
  statements: [`alter table ceiling_counts add column number bigint not null default 0`],
}
