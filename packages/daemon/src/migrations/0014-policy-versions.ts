import type { Migration } from '../platform/db/database.ts'

/**
 * The version of what a wallet is judged by: its own, or that of what all are judged by (scope `all`), whichever is newer.
 * `policy_state` keeps the newest that was ever given.
 */
export const policyVersions: Migration = {
  id: 14,
  name: 'policy versions',
  statements: [
    `create table policy_versions (scope text primary key, version bigint not null)`,
    `insert into policy_versions (scope, version) select 'all', version from policy_state`,
  ],
}
