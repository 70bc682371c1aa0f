import type { Migration } from '../platform/db/database.ts'

/** When signed bytes may first have left; what was recorded before this was known may have. */
export const leftAt: Migration = {
  id: 2,
  name: 'left at',
  statements: [
    `alter table attempts add column left_at bigint`,
    `update attempts set left_at = updated_at where state in ('recorded', 'included', 'final', 'void')`,
  ],
}
