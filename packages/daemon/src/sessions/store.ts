import type { ExpressionBuilder } from 'kysely'
import { groupReader, type Handle, type NoParams, statement } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'

export type SessionRow = {
  id: string
  token_hash: string
  previous_hash: string | null
  previous_until: number | null
  /** Seconds; 0 is unlimited. */
  ttl: number
  /** Milliseconds; 0 is never. */
  expires_at: number
  absolute_expires_at: number
  max_renewals: number
  renewal_count: number
  last_renewed_at: number | null
  constraints: string | null
  /** JSON, fixed by the operator. */
  labels: string | null
  source: 'api' | 'mcp' | 'pairing'
  token_issued_count: number
  revoked_at: number | null
  created_at: number
  /** To the minute; null where that was not kept yet. */
  last_used_at: number | null
  /** 0 while a pairing still hands its token out: until that is first used. */
  is_claimed: number
}
export type NewSession = Omit<SessionRow, 'last_used_at'>
/** Of the secret that tokens are signed with. 0 until a first restore, then the time of the last one. */
type SecretRow = { id: number; generation: number }
type LinkRow = { session_id: string; wallet_id: string; created_at: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    sessions: SessionRow
    session_wallets: LinkRow
    session_secret: SecretRow
  }
}

const insert = statement<NewSession>((db, p) =>
  db.insertInto('sessions').values({
    id: p('id'),
    token_hash: p('token_hash'),
    previous_hash: p('previous_hash'),
    previous_until: p('previous_until'),
    ttl: p('ttl'),
    expires_at: p('expires_at'),
    absolute_expires_at: p('absolute_expires_at'),
    max_renewals: p('max_renewals'),
    renewal_count: p('renewal_count'),
    last_renewed_at: p('last_renewed_at'),
    constraints: p('constraints'),
    labels: p('labels'),
    source: p('source'),
    token_issued_count: p('token_issued_count'),
    revoked_at: p('revoked_at'),
    created_at: p('created_at'),
    last_used_at: p('created_at'),
    is_claimed: p('is_claimed'),
  }),
)
const byId = statement<{ id: string }, SessionRow>((db, p) =>
  db.selectFrom('sessions').selectAll().where('id', '=', p('id')),
)
const byHash = statement<{ hash: string }, SessionRow>((db, p) =>
  db.selectFrom('sessions').selectAll().where('token_hash', '=', p('hash')),
)
const byPreviousHash = statement<{ hash: string; now: number }, SessionRow>((db, p) =>
  db.selectFrom('sessions').selectAll().where('previous_hash', '=', p('hash')).where('previous_until', '>', p('now')),
)
type Token = {
  id: string
  hash: string
  old: string
  graceUntil: number
  expiresAt: number
  renewals: number
  renewedAt: number | null
}
const replaceToken = statement<Token>((db, p) =>
  db
    .updateTable('sessions')
    .set((eb) => ({
      token_hash: p('hash'),
      previous_hash: p('old'),
      previous_until: p('graceUntil'),
      expires_at: p('expiresAt'),
      renewal_count: p('renewals'),
      last_renewed_at: p('renewedAt'),
      token_issued_count: eb('token_issued_count', '+', 1),
    }))
    .where('id', '=', p('id'))
    .where('token_hash', '=', p('old'))
    .where('revoked_at', 'is', null),
)
const revoke = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('sessions')
    .set({ revoked_at: p('at') })
    .where('id', '=', p('id'))
    .where('revoked_at', 'is', null),
)
const link = statement<LinkRow>((db, p) =>
  db
    .insertInto('session_wallets')
    .values({ session_id: p('session_id'), wallet_id: p('wallet_id'), created_at: p('created_at') })
    .onConflict((on) => on.columns(['session_id', 'wallet_id']).doNothing()),
)
const unlink = statement<{ session: string; wallet: string }>((db, p) =>
  db.deleteFrom('session_wallets').where('session_id', '=', p('session')).where('wallet_id', '=', p('wallet')),
)
const linked = statement<{ session: string; wallet: string }, { created_at: number }>((db, p) =>
  db
    .selectFrom('session_wallets')
    .select('created_at')
    .where('session_id', '=', p('session'))
    .where('wallet_id', '=', p('wallet')),
)
export type LinkedWallet = { id: string; name: string; chain: string; created_at: number }
const wallets = statement<{ session: string }, LinkedWallet>((db, p) =>
  db
    .selectFrom('session_wallets')
    .innerJoin('wallets', 'wallets.id', 'session_wallets.wallet_id')
    .select(['wallets.id', 'wallets.name', 'wallets.chain', 'session_wallets.created_at'])
    .where('session_wallets.session_id', '=', p('session'))
    .orderBy('wallets.id'),
)
const openOfWallet = statement<{ wallet: string; now: number }, SessionRow>((db, p) =>
  db
    .selectFrom('sessions')
    .innerJoin('session_wallets', 'session_wallets.session_id', 'sessions.id')
    .selectAll('sessions')
    .where('session_wallets.wallet_id', '=', p('wallet'))
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', '=', 0), eb('expires_at', '>', p('now'))])),
)

const revokeAll = statement<{ at: number }>((db, p) =>
  db
    .updateTable('sessions')
    .set({ revoked_at: p('at') })
    .where('revoked_at', 'is', null),
)
const countOfWallet = statement<{ wallet: string; now: number }, { sessions: number }>((db, p) =>
  db
    .selectFrom('sessions')
    .innerJoin('session_wallets', 'session_wallets.session_id', 'sessions.id')
    .select((eb) => eb.fn.countAll<number>().as('sessions'))
    .where('session_wallets.wallet_id', '=', p('wallet'))
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', '=', 0), eb('expires_at', '>', p('now'))])),
)

const use = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('sessions')
    .set({ last_used_at: p('at') })
    .where('id', '=', p('id'))
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', p('at'))])),
)
const useUnknown = statement<{ at: number }>((db, p) =>
  db
    .updateTable('sessions')
    .set({ last_used_at: p('at') })
    .where('last_used_at', 'is', null)
    .where('revoked_at', 'is', null),
)
const idle = statement<{ before: number; now: number; count: number }, SessionRow>((db, p) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('revoked_at', 'is', null)
    .where('last_used_at', '<=', p('before'))
    .where((eb) => eb.or([eb('expires_at', '=', 0), eb('expires_at', '>', p('now'))]))
    .orderBy('id')
    .limit(p('count')),
)
const claim = statement<{ id: string }>((db, p) =>
  db.updateTable('sessions').set({ is_claimed: 1 }).where('id', '=', p('id')).where('is_claimed', '=', 0),
)

const generation = statement<NoParams, SecretRow>((db) =>
  db.selectFrom('session_secret').selectAll().where('id', '=', 1),
)
const setGeneration = statement<{ generation: number }>((db, p) =>
  db
    .updateTable('session_secret')
    .set({ generation: p('generation') })
    .where('id', '=', 1),
)

const endedBefore = statement<{ before: number; count: number }, { id: string }>((db, p) =>
  db
    .selectFrom('sessions')
    .select('id')
    .where((eb) =>
      eb.or([
        eb('revoked_at', '<', p('before')),
        eb.and([eb('expires_at', '>', 0), eb('expires_at', '<', p('before'))]),
      ]),
    )
    .orderBy('id')
    .limit(p('count')),
)
const removeLinks = statement<{ id: string }>((db, p) =>
  db.deleteFrom('session_wallets').where('session_id', '=', p('id')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('sessions').where('id', '=', p('id')))

export type SessionFilter = { sessionId?: string | undefined; walletId?: string | undefined }

const won = ({ changes }: { changes: number }) => changes === 1

const rowOfHash = groupReader((db, hash) => db.get(byHash, { hash }))
const areLinked = groupReader(async (db, both) => {
  const [session = '', wallet = ''] = both.split(' ')
  return (await db.get(linked, { session, wallet })) !== undefined
})

const ending = statement<{ from: number; until: number }, SessionRow>((db, p) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('revoked_at', 'is', null)
    .where('expires_at', '>=', p('from'))
    .where('expires_at', '<=', p('until')),
)

export const sessionStore = {
  /** Those that end between two times, and nobody has revoked. */
  ending: (db: Handle, between: { from: number; until: number }) => db.all(ending, between),
  insert: (db: Handle, row: NewSession) => db.run(insert, row),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  some: (db: Handle, ids: readonly string[]) =>
    db.query<SessionRow>((kysely) =>
      kysely
        .selectFrom('sessions')
        .selectAll()
        .where('id', 'in', [...ids]),
    ),
  /** By the token's hash, or by the one it replaced while that still opens the session. */
  byTokenHash: async (db: Handle, hash: string, now: number) =>
    (await rowOfHash(db, hash)) ?? (await db.get(byPreviousHash, { hash, now })),
  replaceToken: async (db: Handle, token: Token) => won(await db.run(replaceToken, token)),
  revoke: async (db: Handle, id: string, at: number) => won(await db.run(revoke, { id, at })),
  /** A call of it came in then; an earlier one changes nothing. */
  use: (db: Handle, used: { id: string; at: number }) => db.run(use, used),
  /** Those of which it is not known count from now on. */
  useUnknown: (db: Handle, at: number) => db.run(useUnknown, { at }),
  /** Open ones that were used last before then. */
  idle: (db: Handle, of: { before: number; now: number; count: number }) => db.all(idle, of),
  /** No pairing hands its token out any more. */
  claim: (db: Handle, id: string) => db.run(claim, { id }),
  /** How many were open. */
  revokeAll: async (db: Handle, at: number) => (await db.run(revokeAll, { at })).changes,
  link: async (db: Handle, row: LinkRow) => won(await db.run(link, row)),
  unlink: async (db: Handle, session: string, wallet: string) => won(await db.run(unlink, { session, wallet })),
  isLinked: (db: Handle, session: string, wallet: string) => areLinked(db, `${session} ${wallet}`),
  wallets: (db: Handle, session: string) => db.all(wallets, { session }),
  openOfWallet: (db: Handle, wallet: string, now: number) => db.all(openOfWallet, { wallet, now }),
  countOfWallet: async (db: Handle, wallet: string, now: number) =>
    (await db.get(countOfWallet, { wallet, now }))!.sessions,
  /** Ids of some that were revoked, or have expired, before then. */
  endedBefore: async (db: Handle, before: number, count: number) =>
    (await db.all(endedBefore, { before, count })).map(({ id }) => id),
  async remove(db: Handle, id: string): Promise<void> {
    await db.run(removeLinks, { id })
    await db.run(remove, { id })
  },
  generation: async (db: Handle) => (await db.get(generation))!.generation,
  setGeneration: (db: Handle, generation: number) => db.run(setGeneration, { generation }),
  /** Newest first, without revoked ones. */
  list: (db: Handle, filter: SessionFilter, page: { limit: number; offset: number; before?: string | undefined }) =>
    db.query<SessionRow>((kysely) => {
      let query = kysely
        .selectFrom('sessions')
        .selectAll()
        .where((eb) => matches(eb, filter))
      if (page.before) query = query.where('id', '<', page.before)
      return query.orderBy('id', 'desc').limit(page.limit).offset(page.offset)
    }),
  count: async (db: Handle, filter: SessionFilter) => {
    const [row] = await db.query<{ sessions: number }>((kysely) =>
      kysely
        .selectFrom('sessions')
        .select((eb) => eb.fn.countAll<number>().as('sessions'))
        .where((eb) => matches(eb, filter)),
    )
    return row!.sessions
  },
}

function matches(eb: ExpressionBuilder<Tables, 'sessions'>, { sessionId, walletId }: SessionFilter) {
  const conditions = [eb('revoked_at', 'is', null)]
  if (sessionId) conditions.push(eb('id', '=', sessionId))
  if (walletId) {
    const linked = eb.selectFrom('session_wallets').select('session_id').where('wallet_id', '=', walletId)
    conditions.push(eb('id', 'in', linked))
  }
  return eb.and(conditions)
}
