import { type Handle, statement } from '../platform/db/database.ts'

/** `expires_at` in unix milliseconds, by the later reading of a clock that is held. */
export type UrlRow = {
  id: string
  token_hash: string
  session_id: string
  wallet_id: string
  network: string
  created_at: number
  expires_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    rpc_urls: UrlRow
  }
}

type Page = { after: string; limit: number }

const insert = statement<UrlRow>((db, p) =>
  db.insertInto('rpc_urls').values({
    id: p('id'),
    token_hash: p('token_hash'),
    session_id: p('session_id'),
    wallet_id: p('wallet_id'),
    network: p('network'),
    created_at: p('created_at'),
    expires_at: p('expires_at'),
  }),
)
const byHash = statement<{ hash: string }, UrlRow>((db, p) =>
  db.selectFrom('rpc_urls').selectAll().where('token_hash', '=', p('hash')),
)
const byId = statement<{ id: string }, UrlRow>((db, p) =>
  db.selectFrom('rpc_urls').selectAll().where('id', '=', p('id')),
)
const page = statement<Page & { now: number }, UrlRow>((db, p) =>
  db
    .selectFrom('rpc_urls')
    .selectAll()
    .where('id', '>', p('after'))
    .where('expires_at', '>', p('now'))
    .orderBy('id')
    .limit(p('limit')),
)
const pageOf = statement<Page & { now: number; session: string }, UrlRow>((db, p) =>
  db
    .selectFrom('rpc_urls')
    .selectAll()
    .where('session_id', '=', p('session'))
    .where('id', '>', p('after'))
    .where('expires_at', '>', p('now'))
    .orderBy('id')
    .limit(p('limit')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('rpc_urls').where('id', '=', p('id')))
const forget = statement<{ before: number }>((db, p) => db.deleteFrom('rpc_urls').where('expires_at', '<', p('before')))

export const urlStore = {
  insert: (db: Handle, row: UrlRow) => db.run(insert, row),
  byHash: (db: Handle, hash: string) => db.get(byHash, { hash }),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  /** Those that work; of one session, or all. */
  page: (db: Handle, asked: Page & { now: number }, session?: string) =>
    session === undefined ? db.all(page, asked) : db.all(pageOf, { ...asked, session }),
  remove: async (db: Handle, id: string) => (await db.run(remove, { id })).changes === 1,
  forget: (db: Handle, before: number) => db.run(forget, { before }),
}
