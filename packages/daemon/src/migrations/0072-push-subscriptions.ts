import type { Migration } from '../platform/db/database.ts'

/** Browsers that are told what happens; where each is lies sealed. */
export const pushSubscriptions: Migration = {
  id: 72,
  name: 'push-subscriptions',
  statements: [
    `create table push_subscriptions (
      id text not null primary key, name text not null, service text not null, sealed text not null,
      created_at bigint not null)`,
  ],
}
