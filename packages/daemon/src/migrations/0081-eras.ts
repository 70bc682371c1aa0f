import type { Migration } from '../platform/db/database.ts'

/** How often the kill switch has moved, and a backup was restored: what is bound to it ends then, and not with the stop of one wallet. */
export const eras: Migration = {
  id: 81,
  name: 'eras',
  statements: [`alter table kill_switch add column era integer not null default 0`],
}
