import { z } from 'zod'
import { type Handle, statement } from '../platform/db/database.ts'

export type InvitationRow = {
  /** Of what is in the link: SHA-256, hex. */
  code_hash: string
  wallet_id: string
  /** Who has accepted it: JSON of a `Candidate`. */
  candidate: string | null
  created_at: number
  /** Of the link, or once it is accepted of who has. */
  expires_at: number
}
/** Somebody who has shown to hold a passkey, and has said where all goes that they will take out. */
export const Candidate = z.strictObject({
  credentialId: z.string(),
  publicKey: z.string(),
  rpId: z.string(),
  /** After the signature. */
  signCount: z.int(),
  withdrawTo: z.string(),
  /** Of a contract. */
  network: z.string().nullable(),
  digest: z.string(),
  nonce: z.string(),
  message: z.string(),
  signature: z.string(),
  at: z.int(),
  ip: z.string(),
})
export type Candidate = z.infer<typeof Candidate>

declare module '../platform/db/tables.ts' {
  interface Tables {
    owner_invitations: InvitationRow
  }
}

const insert = statement<InvitationRow>((db, p) =>
  db.insertInto('owner_invitations').values({
    ...{ code_hash: p('code_hash'), wallet_id: p('wallet_id'), candidate: p('candidate') },
    ...{ created_at: p('created_at'), expires_at: p('expires_at') },
  }),
)
const byHash = statement<{ hash: string }, InvitationRow>((db, p) =>
  db.selectFrom('owner_invitations').selectAll().where('code_hash', '=', p('hash')),
)
const ofWallet = statement<{ wallet: string }, InvitationRow>((db, p) =>
  db
    .selectFrom('owner_invitations')
    .selectAll()
    .where('wallet_id', '=', p('wallet'))
    .where('candidate', 'is not', null)
    .orderBy('code_hash'),
)
const accept = statement<{ hash: string; candidate: string; until: number }>((db, p) =>
  db
    .updateTable('owner_invitations')
    .set({ candidate: p('candidate'), expires_at: p('until') })
    .where('code_hash', '=', p('hash'))
    .where('candidate', 'is', null),
)
const remove = statement<{ hash: string }>((db, p) =>
  db.deleteFrom('owner_invitations').where('code_hash', '=', p('hash')),
)
const forget = statement<{ now: number }>((db, p) =>
  db.deleteFrom('owner_invitations').where('expires_at', '<=', p('now')),
)

const won = ({ changes }: { changes: number }) => changes === 1

export const invitationStore = {
  insert: (db: Handle, row: InvitationRow) => db.run(insert, row),
  byHash: (db: Handle, hash: string) => db.get(byHash, { hash }),
  /** Those that somebody has accepted. */
  ofWallet: (db: Handle, wallet: string) => db.all(ofWallet, { wallet }),
  /** False where somebody has accepted it before. */
  accept: async (db: Handle, hash: string, { candidate, until }: { candidate: Candidate; until: number }) =>
    won(await db.run(accept, { hash, candidate: JSON.stringify(candidate), until })),
  remove: (db: Handle, hash: string) => db.run(remove, { hash }),
  /** Those that are over. */
  forget: (db: Handle, now: number) => db.run(forget, { now }),
}
