import type { Migration } from '../platform/db/database.ts'

/** What is long and never changes leaves the rows that every step of a signature writes. */
export const attemptTexts: Migration = {
  id: 33,
  name: 'attempt texts',
  statements: [
    `create table attempt_texts (
      id text primary key, decision text, draft text not null, unsigned text not null, authorisation text not null)`,
    `insert into attempt_texts (id, decision, draft, unsigned, authorisation)
      select id, decision, draft, unsigned, authorisation from attempts`,
    `alter table attempts drop column decision`,
    `alter table attempts drop column draft`,
    `alter table attempts drop column unsigned`,
    `alter table attempts drop column authorisation`,
  ],
}
