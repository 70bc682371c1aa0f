import type { Migration } from '../platform/db/database.ts'

/** Why a transaction waits: what keeps it alone, and what keeps all of its lane. */
export const waitReasons: Migration = {
  id: 6,
  name: 'wait reasons',
  statements: [`alter table transactions add column wait_reason text`, `alter table lanes add column wait_reason text`],
}
