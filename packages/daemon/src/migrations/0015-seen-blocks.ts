import type { Migration } from '../platform/db/database.ts'

/** The time of the newest block, as the chain gave it, when an attempt was made to outbid others, or looked at for that. */
export const seenBlocks: Migration = {
  id: 15,
  name: 'seen blocks',
  statements: [`alter table attempts add column seen_block bigint`],
}
