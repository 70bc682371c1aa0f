import type { Migration } from '../platform/db/database.ts'

/**
 * What owners have signed for the signer, as it sealed it, by what they were asked: a transaction, or something that waits
 * for their consent, whose lines for the signer are a JSON list.
 */
export const ownerVoices: Migration = {
  id: 65,
  name: 'owner voices',
  statements: [
    `create table owner_voices (
      request text not null, address text not null, text text not null, seal text not null, until bigint not null,
      primary key (request, address))`,
    `alter table consents add column signs text`,
  ],
}
