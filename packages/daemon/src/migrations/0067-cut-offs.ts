import type { Migration } from '../platform/db/database.ts'

/** When an owner cut off something that signs for them, and the credential that said so, which may be that one itself. */
export const cutOffs: Migration = {
  id: 67,
  name: 'cut-offs',
  statements: [
    `alter table owner_credentials add column cut_off_at bigint`,
    `alter table owner_credentials add column cut_off_by text`,
  ],
}
