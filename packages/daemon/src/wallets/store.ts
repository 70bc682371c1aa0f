import { type ChainName, type Environment, nameKey } from '@waiaas/contract'
import { sql } from 'kysely'
import { groupReader, type Handle, statement } from '../platform/db/database.ts'

type WalletStatus = 'ACTIVE' | 'SUSPENDED' | 'TERMINATED'
export type WalletRow = {
  id: string
  name: string
  chain: ChainName
  environment: Environment
  address: string
  status: WalletStatus
  suspended_at: number | null
  suspension_reason: string | null
  created_at: number
  updated_at: number
  terminated_at: number | null
  purged_at: number | null
  /** The first wallet that had this address: its money is counted under that id. */
  account: string
  /** Unix milliseconds: until then it may have spent what the database does not know; null where it knows all. */
  spends_unknown_before: number | null
}
export type WalletKeyRow = {
  wallet_id: string
  chain: ChainName
  address: string
  curve: 'secp256k1' | 'ed25519'
  ciphertext: string
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    /** The key of the name; null where the wallet is from before names had one. */
    wallets: WalletRow & { name_key: string | null }
    wallet_keys: WalletKeyRow
  }
}

const insert = statement<WalletRow & { name_key: string }>((db, p) =>
  db.insertInto('wallets').values({
    id: p('id'),
    name: p('name'),
    name_key: p('name_key'),
    chain: p('chain'),
    environment: p('environment'),
    address: p('address'),
    status: p('status'),
    suspended_at: p('suspended_at'),
    suspension_reason: p('suspension_reason'),
    created_at: p('created_at'),
    updated_at: p('updated_at'),
    terminated_at: p('terminated_at'),
    purged_at: p('purged_at'),
    account: p('account'),
    spends_unknown_before: p('spends_unknown_before'),
  }),
)
const insertKey = statement<WalletKeyRow>((db, p) =>
  db.insertInto('wallet_keys').values({
    wallet_id: p('wallet_id'),
    chain: p('chain'),
    address: p('address'),
    curve: p('curve'),
    ciphertext: p('ciphertext'),
  }),
)
const byId = statement<{ id: string }, WalletRow>((db, p) =>
  db.selectFrom('wallets').selectAll().where('id', '=', p('id')),
)
const liveByAddress = statement<{ chain: ChainName; address: string }, WalletRow>((db, p) =>
  db
    .selectFrom('wallets')
    .selectAll()
    .where('chain', '=', p('chain'))
    .where('address', '=', p('address'))
    // In the text of the query, or the index of those that live does not serve.
    .where('status', '<>', sql.lit('TERMINATED')),
)
type Predecessor = Pick<WalletRow, 'account' | 'spends_unknown_before'>
const predecessor = statement<{ chain: ChainName; address: string }, Predecessor>((db, p) =>
  db
    .selectFrom('wallets')
    .select(['account', 'spends_unknown_before'])
    .where('chain', '=', p('chain'))
    .where('address', '=', p('address'))
    .orderBy('id', 'desc')
    .limit(1),
)
const liveByName = statement<{ name: string }, { id: string }>((db, p) =>
  db.selectFrom('wallets').select('id').where('name', '=', p('name')).where('status', '<>', 'TERMINATED'),
)
const key = statement<{ id: string }, WalletKeyRow>((db, p) =>
  db.selectFrom('wallet_keys').selectAll().where('wallet_id', '=', p('id')),
)
const deleteKey = statement<{ id: string }>((db, p) => db.deleteFrom('wallet_keys').where('wallet_id', '=', p('id')))
// Few at most: wallets of before names had a key, which only their name tells.
const called = statement<{ key: string }, WalletRow>((db, p) =>
  db
    .selectFrom('wallets')
    .selectAll()
    .where('purged_at', 'is', null)
    .where((of) => of.or([of('name_key', '=', p('key')), of('name_key', 'is', null)]))
    .orderBy('id'),
)
const unkeyed = statement<Record<never, never>, WalletRow>((db) =>
  db.selectFrom('wallets').selectAll().where('purged_at', 'is', null).where('name_key', 'is', null).orderBy('id'),
)
const rename = statement<{ id: string; name: string; key: string; at: number }>((db, p) =>
  db
    .updateTable('wallets')
    .set({ name: p('name'), name_key: p('key'), updated_at: p('at') })
    .where('id', '=', p('id')),
)
type Move = {
  id: string
  from: WalletStatus
  to: WalletStatus
  at: number
  suspendedAt: number | null
  reason: string | null
  terminatedAt: number | null
}
const move = statement<Move>((db, p) =>
  db
    .updateTable('wallets')
    .set({
      status: p('to'),
      suspended_at: p('suspendedAt'),
      suspension_reason: p('reason'),
      terminated_at: p('terminatedAt'),
      updated_at: p('at'),
    })
    .where('id', '=', p('id'))
    .where('status', '=', p('from')),
)
const purge = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('wallets')
    .set({ purged_at: p('at'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('purged_at', 'is', null),
)
const confirm = statement<{ id: string }>((db, p) =>
  db.updateTable('wallets').set({ spends_unknown_before: null }).where('id', '=', p('id')),
)
const setUnknown = statement<{ before: number }>((db, p) =>
  db.updateTable('wallets').set({ spends_unknown_before: p('before') }),
)

// On the path of every request.
const ofSession = statement<{ session: string }, WalletRow>((db, p) =>
  db
    .selectFrom('session_wallets')
    .innerJoin('wallets', 'wallets.id', 'session_wallets.wallet_id')
    .selectAll('wallets')
    .where('session_wallets.session_id', '=', p('session'))
    .orderBy('session_wallets.wallet_id'),
)

const won = ({ changes }: { changes: number }) => changes === 1

export const walletStore = {
  insert: (db: Handle, row: WalletRow) => db.run(insert, { ...row, name_key: nameKey(row.name) }),
  insertKey: (db: Handle, row: WalletKeyRow) => db.run(insertKey, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  liveByAddress: (db: Handle, chain: ChainName, address: string) => db.get(liveByAddress, { chain, address }),
  /** The newest wallet that ever had this address. */
  predecessor: (db: Handle, chain: ChainName, address: string) => db.get(predecessor, { chain, address }),
  liveByName: (db: Handle, name: string) => db.all(liveByName, { name }),
  /** The wallets of a session, oldest first. */
  ofSession: groupReader((db, session) => db.all(ofSession, { session })),
  key: (db: Handle, id: string) => db.get(key, { id }),
  deleteKey: (db: Handle, id: string) => db.run(deleteKey, { id }),
  /** Those that are not purged and have this name, by its key. */
  called: async (db: Handle, name: string): Promise<WalletRow[]> => {
    const key = nameKey(name)
    return (await db.all(called, { key })).filter((row) => nameKey(row.name) === key)
  },
  /** Those of before names had a key, and not renamed since. */
  unkeyed: (db: Handle) => db.all(unkeyed),
  rename: (db: Handle, change: { id: string; name: string; at: number }) =>
    db.run(rename, { ...change, key: nameKey(change.name) }),
  move: async (db: Handle, change: Move) => won(await db.run(move, change)),
  purge: async (db: Handle, id: string, at: number) => won(await db.run(purge, { id, at })),
  /** All is known that it has spent. */
  confirm: (db: Handle, id: string) => db.run(confirm, { id }),
  /** Of every wallet, purged ones too: their keys may come in again. */
  setUnknown: (db: Handle, before: number) => db.run(setUnknown, { before }),
  /** Oldest first, without purged ones. */
  list: (db: Handle, filter: { sessionId?: string | undefined; after?: string | undefined }, limit: number) =>
    db.query<WalletRow>((kysely) => {
      let query = kysely.selectFrom('wallets').selectAll().where('purged_at', 'is', null)
      if (filter.after) query = query.where('id', '>', filter.after)
      const { sessionId } = filter
      if (sessionId) {
        query = query.where('id', 'in', (eb) =>
          eb.selectFrom('session_wallets').select('wallet_id').where('session_id', '=', sessionId),
        )
      }
      return query.orderBy('id').limit(limit)
    }),
  /** Oldest first, those that have not ended. */
  listLive: (
    db: Handle,
    filter: { after?: string | undefined; environment?: Environment | undefined },
    limit: number,
  ) =>
    db.query<WalletRow>((kysely) => {
      let query = kysely.selectFrom('wallets').selectAll().where('status', '<>', 'TERMINATED')
      if (filter.after) query = query.where('id', '>', filter.after)
      if (filter.environment) query = query.where('environment', '=', filter.environment)
      return query.orderBy('id').limit(limit)
    }),
}
