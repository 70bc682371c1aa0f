import { type Handle, statement } from '../platform/db/database.ts'
import type { OwnedBy } from './store.ts'

export type PasskeyRow = {
  id: string
  owner_id: string
  /** Base64url. */
  credential_id: string
  /** x and y of its P-256 key, hex. */
  public_key: string
  rp_id: string
  sign_count: number
  created_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    owner_passkeys: PasskeyRow
  }
}

/** A passkey with the owner whose it is. */
export type PasskeyOf = PasskeyRow & Pick<OwnedBy, 'wallet_id' | 'address' | 'network'>

const insert = statement<PasskeyRow>((db, p) =>
  db
    .insertInto('owner_passkeys')
    .values({
      id: p('id'),
      owner_id: p('owner_id'),
      credential_id: p('credential_id'),
      public_key: p('public_key'),
      rp_id: p('rp_id'),
      sign_count: p('sign_count'),
      created_at: p('created_at'),
    })
    .onConflict((on) => on.column('credential_id').doNothing()),
)
const ofOwner = statement<{ owner: string }, PasskeyRow>((db, p) =>
  db.selectFrom('owner_passkeys').selectAll().where('owner_id', '=', p('owner')).orderBy('id'),
)
const byCredential = statement<{ credential: string }, PasskeyOf>((db, p) =>
  db
    .selectFrom('owner_passkeys')
    .innerJoin('owners', 'owners.id', 'owner_passkeys.owner_id')
    .innerJoin('owner_credentials', 'owner_credentials.owner_id', 'owners.id')
    .selectAll('owner_passkeys')
    .select(['owners.wallet_id', 'owner_credentials.address', 'owner_credentials.network'])
    .where('owner_passkeys.credential_id', '=', p('credential'))
    .orderBy('owner_credentials.id')
    .limit(1),
)
const count = statement<{ id: string; before: number; now: number }>((db, p) =>
  db
    .updateTable('owner_passkeys')
    .set({ sign_count: p('now') })
    .where('id', '=', p('id'))
    .where('sign_count', '=', p('before')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('owner_passkeys').where('id', '=', p('id')))

const won = ({ changes }: { changes: number }) => changes === 1

export const passkeyStore = {
  /** False when it is somebody's already. */
  insert: async (db: Handle, row: PasskeyRow) => won(await db.run(insert, row)),
  ofOwner: (db: Handle, owner: string) => db.all(ofOwner, { owner }),
  byCredential: (db: Handle, credential: string) => db.get(byCredential, { credential }),
  /** False when it has signed meanwhile. */
  count: async (db: Handle, counted: { id: string; before: number; now: number }) => won(await db.run(count, counted)),
  remove: (db: Handle, id: string) => db.run(remove, { id }),
}
