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
  /** Of one who had a passkey and no wallet when they became an owner: where all goes that they take out. */
  withdraw_to: string | null
  /** Where that is a contract: the network that it is on. */
  withdraw_network: string | null
}
/** A key, a contract that is on a network, or a passkey, whose address is `passkey:` and its id. */
type CredentialRow = {
  id: string
  owner_id: string
  kind: 'key' | 'contract' | 'passkey'
  address: string
  network: string | null
  created_at: number
  /** Of a passkey: x and y of its P-256 key, hex; the host that it is of; how often it has signed. */
  public_key: string | null
  rp_id: string | null
  sign_count: number | null
  /** 0: an owner has added it, and it has not shown to be theirs yet. */
  proven: number
  /** When its owner cut it off: it signs for nobody any more. */
  cut_off_at: number | null
  /** The credential that said so. */
  cut_off_by: string | null
}
export type NewCredential = Omit<CredentialRow, 'cut_off_at' | 'cut_off_by'>
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
  /** What signed it. Null before there were several owners. */
  credential_id: string | null
  /** SHA-256, hex, of what it is about, in words too, and of who owned the wallet then. */
  content: string | null
  /** When enough had agreed. */
  spent_at: number | null
  /** Of a passkey: its key and host, as of credentials. */
  public_key: string | null
  rp_id: string | null
  /** How many owners had to agree. Null before that was kept. */
  needed: number | null
}
type ThresholdRow = { wallet_id: string; needed: number }
type ChallengeRow = { id: number; daemon: string; mark: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    owners: OwnerRow
    owner_credentials: CredentialRow
    owner_consents: ConsentRow
    owner_challenges: ChallengeRow
    owner_thresholds: ThresholdRow
  }
}

/** An owner with one of its credentials, and how many of the owners have to agree; null: one. */
export type OwnedBy = Omit<OwnerRow, 'id'> &
  Omit<CredentialRow, 'id' | 'created_at' | 'sign_count'> & {
    credential_id: string
    credential_at: number
    needed: number | null
  }
/** A passkey, of which wallet. */
export type PasskeyOf = CredentialRow & Pick<OwnerRow, 'wallet_id'>

const ofWallets = statement<Ids, OwnedBy>((db, p) =>
  db
    .selectFrom('owners')
    .innerJoin('owner_credentials', 'owner_credentials.owner_id', 'owners.id')
    .leftJoin('owner_thresholds', 'owner_thresholds.wallet_id', 'owners.wallet_id')
    .select([
      ...(['owners.wallet_id', 'owners.created_at', 'owners.verified_at', 'owners.replaces'] as const),
      ...(['owner_credentials.owner_id', 'owner_credentials.kind', 'owner_credentials.address'] as const),
      ...(['owner_credentials.network', 'owner_credentials.public_key', 'owner_credentials.rp_id'] as const),
      ...(['owners.withdraw_to', 'owners.withdraw_network', 'owner_credentials.proven'] as const),
      ...(['owner_credentials.cut_off_at', 'owner_credentials.cut_off_by'] as const),
      'owner_credentials.id as credential_id',
      'owner_credentials.created_at as credential_at',
      'owner_thresholds.needed',
    ])
    .where('owners.wallet_id', 'in', idsIn(p))
    .orderBy('owners.id')
    .orderBy('owner_credentials.id'),
)
/** Those whom an address names, of whichever wallet. */
export type NamedBy = Pick<CredentialRow, 'kind' | 'network' | 'proven' | 'cut_off_at'> &
  Pick<OwnerRow, 'wallet_id' | 'replaces'>
const byAddress = statement<{ address: string }, NamedBy>((db, p) =>
  db
    .selectFrom('owner_credentials')
    .innerJoin('owners', 'owners.id', 'owner_credentials.owner_id')
    .select(['owner_credentials.kind', 'owner_credentials.network', 'owner_credentials.proven'])
    .select(['owners.wallet_id', 'owners.replaces', 'owner_credentials.cut_off_at'])
    .where('owner_credentials.address', '=', p('address')),
)
const passkeyAt = statement<{ address: string }, PasskeyOf>((db, p) =>
  db
    .selectFrom('owner_credentials')
    .innerJoin('owners', 'owners.id', 'owner_credentials.owner_id')
    .selectAll('owner_credentials')
    .select('owners.wallet_id')
    .where('owner_credentials.address', '=', p('address'))
    .where('owner_credentials.kind', '=', 'passkey'),
)
/** How often a passkey has signed. */
const count = statement<{ id: string; before: number; now: number }>((db, p) =>
  db
    .updateTable('owner_credentials')
    .set({ sign_count: p('now') })
    .where('id', '=', p('id'))
    .where('sign_count', '=', p('before')),
)
const insert = statement<OwnerRow>((db, p) =>
  db.insertInto('owners').values({
    id: p('id'),
    wallet_id: p('wallet_id'),
    created_at: p('created_at'),
    verified_at: p('verified_at'),
    replaces: p('replaces'),
    withdraw_to: p('withdraw_to'),
    withdraw_network: p('withdraw_network'),
  }),
)
const insertCredential = statement<NewCredential>((db, p) =>
  db.insertInto('owner_credentials').values({
    id: p('id'),
    owner_id: p('owner_id'),
    kind: p('kind'),
    address: p('address'),
    network: p('network'),
    created_at: p('created_at'),
    public_key: p('public_key'),
    rp_id: p('rp_id'),
    sign_count: p('sign_count'),
    proven: p('proven'),
  }),
)
const verify = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('owners')
    .set({ verified_at: p('at'), replaces: null })
    .where('id', '=', p('id')),
)
type Key = { wallet: string; chain: ChainName; address: string }
/** Of every other wallet with this key; of these one alone can be there at a time. */
const follow = (table: 'owners' | 'owner_thresholds') =>
  statement<Key>((db, p) =>
    db
      .updateTable(table)
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
const [ownersFollow, thresholdsFollow] = [follow('owners'), follow('owner_thresholds')]
const need = statement<ThresholdRow>((db, p) =>
  db
    .insertInto('owner_thresholds')
    .values({ wallet_id: p('wallet_id'), needed: p('needed') })
    .onConflict((on) => on.column('wallet_id').doUpdateSet({ needed: p('needed') })),
)
const removeCredentials = statement<{ owner: string }>((db, p) =>
  db.deleteFrom('owner_credentials').where('owner_id', '=', p('owner')),
)
const prove = statement<{ id: string }>((db, p) =>
  db.updateTable('owner_credentials').set({ proven: 1 }).where('id', '=', p('id')),
)
const cutOff = statement<{ id: string; at: number; by: string }>((db, p) =>
  db
    .updateTable('owner_credentials')
    .set({ cut_off_at: p('at'), cut_off_by: p('by') })
    .where('id', '=', p('id')),
)
const removeCredential = statement<{ id: string }>((db, p) =>
  db.deleteFrom('owner_credentials').where('id', '=', p('id')),
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
      credential_id: p('credential_id'),
      content: p('content'),
      spent_at: p('spent_at'),
      public_key: p('public_key'),
      rp_id: p('rp_id'),
      needed: p('needed'),
    })
    .onConflict((on) => on.column('nonce').doNothing()),
)
const consent = statement<{ nonce: string }, { nonce: string }>((db, p) =>
  db.selectFrom('owner_consents').select('nonce').where('nonce', '=', p('nonce')),
)
const firstVerified = statement<NoParams, { at: number | null }>((db) =>
  db.selectFrom('owners').select((eb) => eb.fn.min('verified_at').as('at')),
)
const spend = statement<{ nonce: string; at: number }>((db, p) =>
  db
    .updateTable('owner_consents')
    .set({ spent_at: p('at') })
    .where('nonce', '=', p('nonce')),
)
const spendAll = statement<NoParams>((db) =>
  db
    .updateTable('owner_consents')
    .set((row) => ({ spent_at: row.ref('at') }))
    .where('spent_at', 'is', null),
)
const consentsOn = statement<{ subject: string; action: Action }, ConsentRow>((db, p) =>
  db
    .selectFrom('owner_consents')
    .selectAll()
    .where('subject', '=', p('subject'))
    .where('action', '=', p('action'))
    .orderBy('at')
    .orderBy('nonce'),
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

const won = ({ changes }: { changes: number }) => changes === 1

export const ownerStore = {
  /** Oldest first. */
  ofWallets: (db: Handle, ids: readonly string[]) => rowsIn(db, ofWallets, ids),
  byAddress: (db: Handle, address: string) => db.all(byAddress, { address }),
  insert: (db: Handle, owner: OwnerRow) => db.run(insert, owner),
  insertCredential: (db: Handle, credential: NewCredential) => db.run(insertCredential, credential),
  /** It has shown to be its owner's. */
  prove: (db: Handle, id: string) => db.run(prove, { id }),
  /** It signs for nobody any more, as the credential `by` says. */
  cutOff: (db: Handle, cut: { id: string; at: number; by: string }) => db.run(cutOff, cut),
  removeCredential: (db: Handle, id: string) => db.run(removeCredential, { id }),
  verify: (db: Handle, id: string, at: number) => db.run(verify, { id, at }),
  async remove(db: Handle, id: string): Promise<void> {
    await db.run(removeCredentials, { owner: id })
    await db.run(remove, { id })
  },
  /** How many of the owners of a wallet have to agree. */
  need: (db: Handle, wallet: string, needed: number) => db.run(need, { wallet_id: wallet, needed }),
  async follow(db: Handle, key: Key): Promise<void> {
    await db.run(ownersFollow, key)
    await db.run(thresholdsFollow, key)
  },
  passkeyAt: (db: Handle, address: string) => db.get(passkeyAt, { address }),
  /** False when it has signed meanwhile. */
  count: async (db: Handle, counted: { id: string; before: number; now: number }) => won(await db.run(count, counted)),
  /** False when the nonce was used before. */
  insertConsent: async (db: Handle, row: ConsentRow) => won(await db.run(insertConsent, row)),
  consent: (db: Handle, nonce: string) => db.get(consent, { nonce }),
  /** When the first of those who have verified did; null where nobody has. */
  firstVerified: async (db: Handle) => (await db.get(firstVerified))?.at ?? null,
  /** What was agreed to of a transaction or a wallet, oldest first. */
  consentsOn: (db: Handle, subject: string, action: Action) => db.all(consentsOn, { subject, action }),
  spend: (db: Handle, nonce: string, at: number) => db.run(spend, { nonce, at }),
  challenges: (db: Handle) => db.get(challengeRow),
  /** Keeps the one that is there. */
  insertChallenges: (db: Handle, row: Omit<ChallengeRow, 'id'>) => db.run(insertChallengeRow, { id: 1, ...row }),
  /** With them whatever owners have said and others have not yet. */
  async forgetChallenges(db: Handle): Promise<void> {
    await db.run(forgetChallengeRow)
    await db.run(spendAll)
  },
}
