import type { PolicyChange } from '@waiaas/contract'
import { type Handle, statement } from '../platform/db/database.ts'
import type { StoredPolicy } from './store.ts'

type Content = Omit<StoredPolicy, 'id' | 'version' | 'created_at' | 'updated_at'>
/** What a policy was after a change; of one that was removed, what it was before. */
export type PolicyVersionRow = Content & {
  policy_id: string
  version: number
  what: PolicyChange
  author: string
  at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    policy_history: PolicyVersionRow
  }
}

const keep = statement<PolicyVersionRow>((db, p) =>
  db.insertInto('policy_history').values({
    policy_id: p('policy_id'),
    version: p('version'),
    what: p('what'),
    author: p('author'),
    at: p('at'),
    wallet_id: p('wallet_id'),
    type: p('type'),
    rules: p('rules'),
    priority: p('priority'),
    enabled: p('enabled'),
    network: p('network'),
    is_default: p('is_default'),
    session_id: p('session_id'),
    session_label: p('session_label'),
    name: p('name'),
  }),
)

/** Keeps what a policy is after a change, or was before it went. */
export const keepVersion = (
  db: Handle,
  { id, created_at: _, updated_at: __, ...content }: StoredPolicy,
  change: Pick<PolicyVersionRow, 'version' | 'what' | 'author' | 'at'>,
) => db.run(keep, { ...content, ...change, policy_id: id })

export type HistoryFilter = { policyId?: string | undefined; walletId?: string | undefined }
type Position = { version: number; policyId: string }

/** Rows are added and never changed, so that what held at any time can be told. */
export const historyStore = {
  all: (db: Handle) => db.query<PolicyVersionRow>((kysely) => kysely.selectFrom('policy_history').selectAll()),
  /** Of these policies. */
  of: async (db: Handle, ids: readonly string[]): Promise<PolicyVersionRow[]> =>
    ids.length === 0
      ? []
      : db.query((kysely) => kysely.selectFrom('policy_history').selectAll().where('policy_id', 'in', ids)),
  /** The newest first; with a wallet, of its own policies and of those of every wallet. */
  list: (db: Handle, filter: HistoryFilter, page: { limit: number; after?: Position | undefined }) =>
    db.query<PolicyVersionRow>((kysely) => {
      let query = kysely.selectFrom('policy_history').selectAll()
      const { policyId, walletId } = filter
      const { after, limit } = page
      if (policyId !== undefined) query = query.where('policy_id', '=', policyId)
      if (walletId !== undefined)
        query = query.where((eb) => eb.or([eb('wallet_id', '=', walletId), eb('wallet_id', 'is', null)]))
      if (after)
        query = query.where((eb) =>
          eb.or([
            eb('version', '<', after.version),
            eb.and([eb('version', '=', after.version), eb('policy_id', '<', after.policyId)]),
          ]),
        )
      return query.orderBy('version', 'desc').orderBy('policy_id', 'desc').limit(limit)
    }),
}
