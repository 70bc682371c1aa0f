import type { Migration } from '../platform/db/database.ts'

/** The hash of the password of those who only look, and which logins do. There is one such password, or none. */
export const viewPasswords: Migration = {
  id: 79,
  name: 'view passwords',
  statements: [
    'create table view_password (id integer primary key, hash text not null, set_at bigint not null)',
    'alter table logins add column only_looks integer not null default 0',
  ],
}
