import type { Migration } from '../platform/db/database.ts'

/** The operator's address book. `seen` is what is left of a name at a glance: two names never look alike. */
export const contacts: Migration = {
  id: 78,
  name: 'contacts',
  statements: [
    `create table contacts (
      id text primary key, name text not null, seen text not null, chain text not null, address text not null,
      created_at bigint not null, updated_at bigint not null, unique (name, chain))`,
    `create index contacts_seen on contacts (seen)`,
  ],
}
