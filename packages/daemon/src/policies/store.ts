import type { ExpressionBuilder } from 'kysely'
import { groupReader, type Handle, statement } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'

export type StoredPolicy = {
  id: string
  wallet_id: string | null
  type: string
  rules: string
  priority: number
  enabled: number
  network: string | null
  is_default: number
  version: number
  created_at: number
  updated_at: number
  session_id: string | null
  session_label: string | null
  name: string | null
}

const ALL = 'all'
type VersionRow = { scope: 'all' | (string & {}); version: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    policies: StoredPolicy
    policy_state: { id: number; version: number }
    policy_versions: VersionRow
  }
}

const insert = statement<StoredPolicy>((db, p) =>
  db.insertInto('policies').values({
    id: p('id'),
    wallet_id: p('wallet_id'),
    type: p('type'),
    rules: p('rules'),
    priority: p('priority'),
    enabled: p('enabled'),
    network: p('network'),
    is_default: p('is_default'),
    version: p('version'),
    created_at: p('created_at'),
    updated_at: p('updated_at'),
    session_id: p('session_id'),
    session_label: p('session_label'),
    name: p('name'),
  }),
)
const byId = statement<{ id: string }, StoredPolicy>((db, p) =>
  db.selectFrom('policies').selectAll().where('id', '=', p('id')),
)
const applying = statement<{ wallet: string }, StoredPolicy>((db, p) =>
  db
    .selectFrom('policies')
    .selectAll()
    .where('enabled', '=', 1)
    .where((eb) => eb.or([eb('wallet_id', '=', p('wallet')), eb('wallet_id', 'is', null)]))
    .orderBy('id'),
)
const related = statement<{ wallet: string }, StoredPolicy>((db, p) =>
  db
    .selectFrom('policies')
    .selectAll()
    .where((eb) => eb.or([eb('wallet_id', '=', p('wallet')), eb('wallet_id', 'is', null)]))
    .orderBy('id'),
)
const all = statement<object, StoredPolicy>((db) => db.selectFrom('policies').selectAll().orderBy('id'))
type Change = Pick<StoredPolicy, 'id' | 'rules' | 'priority' | 'enabled' | 'version' | 'updated_at'>
const change = statement<Change>((db, p) =>
  db
    .updateTable('policies')
    .set({
      rules: p('rules'),
      priority: p('priority'),
      enabled: p('enabled'),
      is_default: 0,
      version: p('version'),
      updated_at: p('updated_at'),
    })
    .where('id', '=', p('id')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('policies').where('id', '=', p('id')))
const ofWallet = statement<{ wallet: string }, StoredPolicy>((db, p) =>
  db.selectFrom('policies').selectAll().where('wallet_id', '=', p('wallet')).orderBy('id'),
)
const named = statement<{ wallet: string; name: string }, StoredPolicy>((db, p) =>
  db
    .selectFrom('policies')
    .selectAll()
    .where((eb) => eb(eb.fn.coalesce('wallet_id', eb.val('')), '=', p('wallet')))
    .where('name', '=', p('name')),
)
// Not with an or, for which SQLite makes a table each time.
const versions = statement<{ wallet: string }, VersionRow>((db, p) =>
  db
    .selectFrom('policy_versions')
    .selectAll()
    .where('scope', '=', ALL)
    .unionAll(db.selectFrom('policy_versions').selectAll().where('scope', '=', p('wallet'))),
)
const newestVersion = statement<object, { version: number }>((db) =>
  db.selectFrom('policy_state').select('version').where('id', '=', 1),
)
const setVersion = statement<VersionRow>((db, p) =>
  db
    .insertInto('policy_versions')
    .values({ scope: p('scope'), version: p('version') })
    .onConflict((on) => on.column('scope').doUpdateSet({ version: p('version') })),
)
const raiseVersion = statement<{ to: number }>((db, p) =>
  db
    .updateTable('policy_state')
    .set({ version: p('to') })
    .where('id', '=', 1)
    .where('version', '<', p('to')),
)

/** `version` changes with all that a wallet is judged by, `common` with what every wallet is: settings, and policies of all. */
export type PolicyVersions = { readonly version: number; readonly common: number }
/** Of a wallet; with a session those alone that can bind it. */
export type PolicyFilter = {
  walletId?: string | undefined
  session?: { id: string; labels: readonly string[] } | undefined
}
type Position = { priority: number; id: string }

export const policyStore = {
  insert: (db: Handle, row: StoredPolicy) => db.run(insert, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** Of every wallet, those that are off too. */
  all: (db: Handle) => db.all(all),
  /** Enabled ones of the wallet and of every wallet. */
  applying: (db: Handle, wallet: string) => db.all(applying, { wallet }),
  /** A changed policy is the operator's own, no longer the default. */
  change: async (db: Handle, row: Change) => (await db.run(change, row)).changes === 1,
  remove: async (db: Handle, id: string) => (await db.run(remove, { id })).changes === 1,
  /** All of one wallet and of every wallet, or of every wallet alone; those that are off too. */
  related: (db: Handle, wallet: string | null) => db.all(related, { wallet: wallet ?? '' }),
  /** All of one wallet, those that are off too. */
  ofWallet: (db: Handle, wallet: string) => db.all(ofWallet, { wallet }),
  /** The one of a wallet, or with null of every wallet, that has this name. */
  named: (db: Handle, wallet: string | null, name: string) => db.get(named, { wallet: wallet ?? '', name }),
  versions: groupReader(async (db, wallet): Promise<PolicyVersions> => {
    const rows = await db.all(versions, { wallet })
    const common = rows.find(({ scope }) => scope === ALL)?.version
    if (common === undefined) throw new Error('the table policy_versions has lost its row of all wallets')
    return { version: Math.max(...rows.map(({ version }) => version)), common }
  }),
  newestVersion: async (db: Handle) => {
    const row = await db.get(newestVersion)
    if (!row) throw new Error('the table policy_state has lost its row')
    return row.version
  },
  /** Gives it to a wallet, or with null to all of them; false when one as high was given before. */
  async raiseVersion(db: Handle, wallet: string | null, to: number): Promise<boolean> {
    // Whoever changes policies waits here for the others, so that versions are committed in their order.
    if ((await db.run(raiseVersion, { to })).changes === 0) return false
    await db.run(setVersion, { scope: wallet ?? ALL, version: to })
    return true
  },
  /** The highest priority first. */
  list: (db: Handle, filter: PolicyFilter, page: { limit: number; offset: number; after?: Position | undefined }) =>
    db.query<StoredPolicy>((kysely) => {
      let query = kysely
        .selectFrom('policies')
        .selectAll()
        .where((eb) => shown(eb, filter))
      const { after } = page
      if (after) {
        query = query.where((eb) =>
          eb.or([
            eb('priority', '<', after.priority),
            eb.and([eb('priority', '=', after.priority), eb('id', '>', after.id)]),
          ]),
        )
      }
      return query.orderBy('priority', 'desc').orderBy('id').limit(page.limit).offset(page.offset)
    }),
  count: async (db: Handle, filter: PolicyFilter): Promise<number> => {
    const rows = await db.query<{ count: number }>((kysely) => {
      const counted = kysely.selectFrom('policies').select((eb) => eb.fn.countAll<number>().as('count'))
      return counted.where((eb) => shown(eb, filter))
    })
    return rows[0]?.count ?? 0
  },
}

/** Of one wallet and of every wallet, or of all that are not purged. */
function shown(eb: ExpressionBuilder<Tables, 'policies'>, { walletId, session }: PolicyFilter) {
  const gone = eb.selectFrom('wallets').select('id').where('purged_at', 'is not', null)
  const own = walletId === undefined ? eb('wallet_id', 'not in', gone) : eb('wallet_id', '=', walletId)
  const ofWallet = eb.or([own, eb('wallet_id', 'is', null)])
  if (!session) return ofWallet
  const [id, labels] = [eb('session_id', '=', session.id), session.labels]
  const ofLabel = labels.length > 0 ? eb('session_label', 'in', labels) : eb.lit(false)
  return eb.and([
    ofWallet,
    eb.or([eb('session_id', 'is', null), id]),
    eb.or([eb('session_label', 'is', null), ofLabel]),
  ])
}
