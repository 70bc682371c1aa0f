import type { ChainName } from '@waiaas/contract'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'
import { type Ids, idsIn, rowsIn } from '../platform/db/lists.ts'
import type { Action } from './actions.ts'

export type OwnerRow = {
  id: string
  wallet_id: string
  created_at: number
  verified_at: number | null
  /** The owner whose place it takes once it has verified. */
  replaces: string | null
}
/** A key, or a contract that is on a network. */
type CredentialRow = {
  id: string
  owner_id: string
  kind: 'key' | 'contract'
  address: string
  network: string | null
  created_at: number
}
export type ConsentRow = {
  nonce: string
  action: Action
  /** What it is about: a transaction, a wallet, or everything. */
  subject: string
  digest: string
  wallet_id: string | null
  owner_id: string
  address: string
  network: string | null
  message: string
  signature: string
  at: number
}
type ChallengeRow = { id: number; daemon: string; mark: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    owners: OwnerRow
    owner_credentials: CredentialRow
    owner_consents: ConsentRow
    owner_challenges: ChallengeRow
  }
}

/** An owner with one of its credentials. */
export type OwnedBy = Omit<OwnerRow, 'id'> & Pick<CredentialRow, 'owner_id' | 'kind' | 'address' | 'network'>

const columns = [
  'owners.wallet_id',
  'owners.created_at',
  'owners.verified_at',
  'owners.replaces',
  'owner_credentials.owner_id',
  'owner_credentials.kind',
  'owner_credentials.address',
  'owner_credentials.network',
] as const
const ofWallets = statement<Ids, OwnedBy>((db, p) =>
  db
    .selectFrom('owners')
    .innerJoin('owner_credentials', 'owner_credentials.owner_id', 'owners.id')
    .select(columns)
    .where('owners.wallet_id', 'in', idsIn(p))
    .orderBy('owners.id')
    .orderBy('owner_credentials.id'),
)
const byAddress = statement<{ address: string }, OwnedBy>((db, p) =>
  db
    .selectFrom('owner_credentials')
    .innerJoin('owners', 'owners.id', 'owner_credentials.owner_id')
    .select(columns)
    .where('owner_credentials.address', '=', p('address')),
)
const insert = statement<OwnerRow>((db, p) =>
  db.insertInto('owners').values({
    id: p('id'),
    wallet_id: p('wallet_id'),
    created_at: p('created_at'),
    verified_at: p('verified_at'),
    replaces: p('replaces'),
  }),
)
const insertCredential = statement<CredentialRow>((db, p) =>
  db.insertInto('owner_credentials').values({
    id: p('id'),
    owner_id: p('owner_id'),
    kind: p('kind'),
    address: p('address'),
    network: p('network'),
    created_at: p('created_at'),
  }),
)
const verify = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('owners')
    .set({ verified_at: p('at'), replaces: null })
    .where('id', '=', p('id')),
)
/** Those of every other wallet with this key; of these one alone can be there at a time. */
const follow = statement<{ wallet: string; chain: ChainName; address: string }>((db, p) =>
  db
    .updateTable('owners')
    .set({ wallet_id: p('wallet') })
    .where('wallet_id', 'in', (of) =>
      of
        .selectFrom('wallets')
        .select('id')
        .where('chain', '=', p('chain'))
        .where('address', '=', p('address'))
        .where('id', '<>', p('wallet')),
    ),
)
const removeCredentials = statement<{ owner: string }>((db, p) =>
  db.deleteFrom('owner_credentials').where('owner_id', '=', p('owner')),
)
const removePasskeys = statement<{ owner: string }>((db, p) =>
  db.deleteFrom('owner_passkeys').where('owner_id', '=', p('owner')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('owners').where('id', '=', p('id')))

const insertConsent = statement<ConsentRow>((db, p) =>
  db
    .insertInto('owner_consents')
    .values({
      nonce: p('nonce'),
      action: p('action'),
      subject: p('subject'),
      digest: p('digest'),
      wallet_id: p('wallet_id'),
      owner_id: p('owner_id'),
      address: p('address'),
      network: p('network'),
      message: p('message'),
      signature: p('signature'),
      at: p('at'),
    })
    .onConflict((on) => on.column('nonce').doNothing()),
)
const consent = statement<{ nonce: string }, { nonce: string }>((db, p) =>
  db.selectFrom('owner_consents').select('nonce').where('nonce', '=', p('nonce')),
)
const firstVerified = statement<NoParams, { at: number | null }>((db) =>
  db.selectFrom('owners').select((eb) => eb.fn.min('verified_at').as('at')),
)
const consentsOn = statement<{ subject: string; action: Action }, ConsentRow>((db, p) =>
  db
    .selectFrom('owner_consents')
    .selectAll()
    .where('subject', '=', p('subject'))
    .where('action', '=', p('action'))
    .orderBy('at'),
)
const challengeRow = statement<NoParams, ChallengeRow>((db) =>
  db.selectFrom('owner_challenges').selectAll().where('id', '=', 1),
)
const insertChallengeRow = statement<ChallengeRow>((db, p) =>
  db
    .insertInto('owner_challenges')
    .values({ id: p('id'), daemon: p('daemon'), mark: p('mark') })
    .onConflict((on) => on.column('id').doNothing()),
)
const forgetChallengeRow = statement<NoParams>((db) => db.deleteFrom('owner_challenges'))

export const ownerStore = {
  /** Oldest first. */
  ofWallets: (db: Handle, ids: readonly string[]) => rowsIn(db, ofWallets, ids),
  byAddress: (db: Handle, address: string) => db.all(byAddress, { address }),
  async insert(db: Handle, owner: OwnerRow, credential: CredentialRow): Promise<void> {
    await db.run(insert, owner)
    await db.run(insertCredential, credential)
  },
  verify: (db: Handle, id: string, at: number) => db.run(verify, { id, at }),
  async remove(db: Handle, id: string): Promise<void> {
    await db.run(removeCredentials, { owner: id })
    await db.run(removePasskeys, { owner: id })
    await db.run(remove, { id })
  },
  /** False when the nonce was used before. */
  follow: (db: Handle, key: { wallet: string; chain: ChainName; address: string }) => db.run(follow, key),
  insertConsent: async (db: Handle, row: ConsentRow) => (await db.run(insertConsent, row)).changes === 1,
  consent: (db: Handle, nonce: string) => db.get(consent, { nonce }),
  /** When the first of those who have verified did; null where nobody has. */
  firstVerified: async (db: Handle) => (await db.get(firstVerified))?.at ?? null,
  /** What was agreed to of a transaction or a wallet, oldest first. */
  consentsOn: (db: Handle, subject: string, action: Action) => db.all(consentsOn, { subject, action }),
  challenges: (db: Handle) => db.get(challengeRow),
  /** Keeps the one that is there. */
  insertChallenges: (db: Handle, row: Omit<ChallengeRow, 'id'>) => db.run(insertChallengeRow, { id: 1, ...row }),
  forgetChallenges: (db: Handle) => db.run(forgetChallengeRow),
}
