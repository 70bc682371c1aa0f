import type { Migration } from '../platform/db/database.ts'

const COPIED = 'wallet_id, type, rules, priority, enabled, network, is_default, session_id, session_label, name'

/**
 * Names of policies, and what each policy was after each change of it, with who made it and when. `version` is that of all
 * policies from then on.
 */
export const policyHistory: Migration = {
  id: 44,
  name: 'policy history',
  statements: [
    `alter table policies add column name text`,
    `create unique index policies_name on policies (coalesce(wallet_id, ''), name)`,
    `create table policy_history (
      policy_id text not null, version bigint not null, what text not null, author text not null, at bigint not null,
      wallet_id text, type text not null, rules text not null, priority bigint not null, enabled integer not null,
      network text, is_default integer not null, session_id text, session_label text, name text,
      primary key (policy_id, version))`,
    `create index policy_history_version on policy_history (version, policy_id)`,
    `insert into policy_history (policy_id, version, what, author, at, ${COPIED})
      select id, version, 'FOUND', 'unknown', updated_at, ${COPIED} from policies`,
  ],
}
