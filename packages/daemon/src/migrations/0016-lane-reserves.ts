import type { Migration } from '../platform/db/database.ts'

/** What of a spend is paid from the reserve of its lane, in micro-dollars; null: nothing. */
export const laneReserves: Migration = {
  id: 16,
  name: 'lane reserves',
  statements: [`alter table spends add column from_reserve text`],
}
