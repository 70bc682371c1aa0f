import { type Handle, statement } from '../platform/db/database.ts'
import type { ConsentAction } from './types.ts'

type RequestRow = {
  id: string
  action: ConsentAction
  digest: string
  words: string
  /** JSON: the ids of the wallets whose owners are asked, each with a hash of who they were then. */
  wallets: string
  created_at: number
  expires_at: number
  used_at: number | null
  /** JSON: lines for the signer. */
  signs: string | null
}
declare module '../platform/db/tables.ts' {
  interface Tables {
    consents: RequestRow
  }
}

const insert = statement<RequestRow>((db, p) =>
  db.insertInto('consents').values({
    id: p('id'),
    action: p('action'),
    digest: p('digest'),
    words: p('words'),
    wallets: p('wallets'),
    created_at: p('created_at'),
    expires_at: p('expires_at'),
    used_at: p('used_at'),
    signs: p('signs'),
  }),
)
const byId = statement<{ id: string }, RequestRow>((db, p) =>
  db.selectFrom('consents').selectAll().where('id', '=', p('id')),
)
const open = statement<{ digest: string; now: number }, RequestRow>((db, p) =>
  db
    .selectFrom('consents')
    .selectAll()
    .where('digest', '=', p('digest'))
    .where('used_at', 'is', null)
    .where('expires_at', '>', p('now'))
    .orderBy('id'),
)
const MOST_LISTED = 100
const listOpen = statement<{ now: number }, RequestRow>((db, p) =>
  db
    .selectFrom('consents')
    .selectAll()
    .where('used_at', 'is', null)
    .where('expires_at', '>', p('now'))
    .orderBy('id', 'desc')
    .limit(MOST_LISTED),
)
const use = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('consents')
    .set({ used_at: p('at') })
    .where('id', '=', p('id'))
    .where('used_at', 'is', null),
)
const forget = statement<{ before: number }>((db, p) =>
  db.deleteFrom('consents').where('expires_at', '<=', p('before')),
)

export type { RequestRow }

export const consentStore = {
  insert: (db: Handle, row: RequestRow) => db.run(insert, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** The one that is neither used nor over. */
  open: (db: Handle, digest: string, now: number) => db.get(open, { digest, now }),
  listOpen: (db: Handle, now: number) => db.all(listOpen, { now }),
  /** Whether it was there to be used. */
  use: async (db: Handle, id: string, at: number): Promise<boolean> => (await db.run(use, { id, at })).changes === 1,
  /** What was over by then. */
  forget: (db: Handle, before: number) => db.run(forget, { before }),
}
