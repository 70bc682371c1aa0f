import type { ExpressionBuilder } from 'kysely'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'

export type EvidenceRow = {
  chain: string
  seq: number
  id: number
  at: number
  event: string
  severity: string
  actor: string
  wallet_id: string | null
  session_id: string | null
  tx_id: string | null
  ip: string | null
  details: string
  prev_hash: string
  hash: string
}
export type Head = { chain: string; seq: number; hash: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    evidence: EvidenceRow
    evidence_heads: Head
  }
}

const insert = statement<EvidenceRow>((db, p) =>
  db.insertInto('evidence').values({
    chain: p('chain'),
    seq: p('seq'),
    id: p('id'),
    at: p('at'),
    event: p('event'),
    severity: p('severity'),
    actor: p('actor'),
    wallet_id: p('wallet_id'),
    session_id: p('session_id'),
    tx_id: p('tx_id'),
    ip: p('ip'),
    details: p('details'),
    prev_hash: p('prev_hash'),
    hash: p('hash'),
  }),
)
const last = statement<NoParams, { id: number | null }>((db) =>
  db.selectFrom('evidence').select((eb) => eb.fn.max<number>('id').as('id')),
)
const head = statement<{ chain: string }, Head>((db, p) =>
  db.selectFrom('evidence_heads').selectAll().where('chain', '=', p('chain')),
)
const moveHead = statement<Head>((db, p) =>
  db
    .insertInto('evidence_heads')
    .values({ chain: p('chain'), seq: p('seq'), hash: p('hash') })
    .onConflict((on) =>
      on.column('chain').doUpdateSet((eb) => ({ seq: eb.ref('excluded.seq'), hash: eb.ref('excluded.hash') })),
    ),
)
const chainRows = statement<{ chain: string; after: number; count: number }, EvidenceRow>((db, p) =>
  db
    .selectFrom('evidence')
    .selectAll()
    .where('chain', '=', p('chain'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('count')),
)
const heads = statement<Record<never, never>, Head>((db) =>
  db.selectFrom('evidence_heads').selectAll().orderBy('chain'),
)

const headless = statement<NoParams, { chain: string }>((db) =>
  db
    .selectFrom('evidence')
    .select('chain')
    .distinct()
    .where('chain', 'not in', (eb) => eb.selectFrom('evidence_heads').select('chain')),
)

const rowsOf = statement<NoParams, { chain: string; rows: number; first: number }>((db) =>
  db
    .selectFrom('evidence')
    .select(['chain', (eb) => eb.fn.countAll<number>().as('rows'), (eb) => eb.fn.min<number>('seq').as('first')])
    .groupBy('chain'),
)

/** So many of one transaction are given at most. */
export const MOST_OF_ONE = 500
const ofTransaction = statement<{ tx: string; count: number }, EvidenceRow>((db, p) =>
  db.selectFrom('evidence').selectAll().where('tx_id', '=', p('tx')).orderBy('chain').orderBy('seq').limit(p('count')),
)

export type Filter = {
  walletId?: string | undefined
  event?: string | undefined
  severity?: string | undefined
  txId?: string | undefined
  sessionId?: string | undefined
  actor?: string | undefined
  from?: number | undefined
  to?: number | undefined
  before?: number | undefined
  /** Rows of before can share one, where replicas recorded at the same moment. */
  id?: number | undefined
}

export const evidenceStore = {
  head: (db: Handle, chain: string) => db.get(head, { chain }),
  /** The highest id. */
  lastId: async (db: Handle): Promise<number> => (await db.get(last))?.id ?? 0,
  insert: (db: Handle, row: EvidenceRow) => db.run(insert, row),
  moveHead: (db: Handle, head: Head) => db.run(moveHead, head),
  append: async (db: Handle, rows: readonly EvidenceRow[], heads: readonly Head[]) => {
    await db.many(insert, rows)
    await db.many(moveHead, heads)
  },
  heads: (db: Handle) => db.all(heads),
  /** Chains that have rows but no head. */
  headless: (db: Handle) => db.all(headless),
  /** How many rows each chain has, and the lowest number among them. */
  rowsOf: (db: Handle) => db.all(rowsOf),
  chainRows: (db: Handle, page: { chain: string; after: number; count: number }) => db.all(chainRows, page),
  /** In their order; at most so many. */
  ofTransaction: (db: Handle, tx: string) => db.all(ofTransaction, { tx, count: MOST_OF_ONE }),
  /** Newest first. */
  list: (db: Handle, filter: Filter, limit: number) =>
    db.query<EvidenceRow>((kysely) => {
      let query = kysely.selectFrom('evidence').selectAll().where(matching(filter))
      if (filter.before !== undefined) query = query.where('id', '<', filter.before)
      if (filter.id !== undefined) query = query.where('id', '=', filter.id)
      return query.orderBy('id', 'desc').orderBy('chain').limit(limit)
    }),
  count: async (db: Handle, filter: Filter) => {
    const rows = await db.query<{ count: number }>((kysely) =>
      kysely
        .selectFrom('evidence')
        .where(matching(filter))
        .select((eb) => eb.fn.countAll<number>().as('count')),
    )
    return rows[0]?.count ?? 0
  },
}

const matching =
  ({ walletId, event, severity, txId, sessionId, actor, from, to }: Filter) =>
  (eb: ExpressionBuilder<Tables, 'evidence'>) => {
    const all = []
    if (walletId) all.push(eb('wallet_id', '=', walletId))
    if (event) all.push(eb('event', '=', event))
    if (severity) all.push(eb('severity', '=', severity))
    if (txId) all.push(eb('tx_id', '=', txId))
    if (sessionId) all.push(eb('session_id', '=', sessionId))
    if (actor) all.push(eb('actor', '=', actor))
    if (from !== undefined) all.push(eb('at', '>=', from))
    if (to !== undefined) all.push(eb('at', '<=', to))
    return eb.and(all)
  }
