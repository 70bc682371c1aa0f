import type { Migration } from '../platform/db/database.ts'

/** Who owned a wallet, and how many of them had to agree, when the operator began a sweep of it. Null: nobody who had verified. */
export const ownersOfSweeps: Migration = {
  id: 75,
  name: 'owners-of-sweeps',
  statements: ['alter table sweeps add column agreed_set text'],
}
