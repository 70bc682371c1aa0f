import type { Migration } from '../platform/db/database.ts'

/** What was believed last of each source of prices, so that no process begins anew. */
export const believedPrices: Migration = {
  id: 22,
  name: 'believed prices',
  statements: [`create table price_feeds (feed text primary key, believed text, told_at bigint)`],
}
