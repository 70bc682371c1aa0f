import type { AuditCheckpoint } from '@waiaas/contract'
import { sql } from 'kysely'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'
import { byChain } from './checkpoint.ts'
import type { Head } from './store.ts'

type CheckpointRow = {
  seq: number
  at: number
  public_key: string
  prev_hash: string
  hash: string
  signature: string
}
/** What the signer has counted on a lane, as it sealed it. */
export type CountRow = { lane: string; number: number; text: string; seal: string }
/** Before a lane's name among the heads. */
export const COUNTS = 'count:'
type SignedHead = Head & { checkpoint: number }

declare module '../platform/db/tables.ts' {
  interface Tables {
    checkpoints: CheckpointRow
    checkpoint_heads: SignedHead
  }
}

const last = statement<NoParams, CheckpointRow>((db) =>
  db.selectFrom('checkpoints').selectAll().orderBy('seq', 'desc').limit(1),
)
const page = statement<{ after: number; count: number }, CheckpointRow>((db, p) =>
  db.selectFrom('checkpoints').selectAll().where('seq', '>', p('after')).orderBy('seq').limit(p('count')),
)
const headsBetween = statement<{ after: number; last: number }, SignedHead>((db, p) =>
  db
    .selectFrom('checkpoint_heads')
    .selectAll()
    .where('checkpoint', '>', p('after'))
    .where('checkpoint', '<=', p('last')),
)
const insert = statement<CheckpointRow>((db, p) =>
  db.insertInto('checkpoints').values({
    seq: p('seq'),
    at: p('at'),
    public_key: p('public_key'),
    prev_hash: p('prev_hash'),
    hash: p('hash'),
    signature: p('signature'),
  }),
)
const insertHead = statement<SignedHead>((db, p) =>
  db
    .insertInto('checkpoint_heads')
    .values({ chain: p('chain'), seq: p('seq'), hash: p('hash'), checkpoint: p('checkpoint') }),
)
const moved = statement<NoParams, Head>((db) =>
  db
    .selectFrom('evidence_heads as head')
    .select(['head.chain', 'head.seq', 'head.hash'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('checkpoint_heads as signed')
            .select('signed.seq')
            .whereRef('signed.chain', '=', 'head.chain')
            .whereRef('signed.seq', '>=', 'head.seq'),
        ),
      ),
    ),
)
/** Counts of lanes that no checkpoint names yet. */
const movedCounts = statement<NoParams, CountRow>((db) =>
  db
    .selectFrom('ceiling_counts as count')
    .selectAll()
    .where('count.number', '>', 0)
    .where(({ not, exists, selectFrom, ref, val }) =>
      not(
        exists(
          selectFrom('checkpoint_heads as signed')
            .select('signed.seq')
            .where('signed.chain', '=', sql<string>`${val(COUNTS)} || ${ref('count.lane')}`)
            .whereRef('signed.seq', '>=', 'count.number'),
        ),
      ),
    ),
)
/** The first lane whose count is older than a checkpoint says. */
const countBehind = statement<NoParams, { chain: string; seq: number }>((db) =>
  db
    .selectFrom('checkpoint_heads as signed')
    .leftJoin('ceiling_counts as count', (join) =>
      join.on(({ eb, ref, val }) => eb('signed.chain', '=', sql<string>`${val(COUNTS)} || ${ref('count.lane')}`)),
    )
    .select(['signed.chain', (eb) => eb.fn.max<number>('signed.seq').as('seq')])
    .where('signed.chain', 'like', `${COUNTS}%`)
    .where((eb) => eb.or([eb('count.number', 'is', null), eb('count.number', '<', eb.ref('signed.seq'))]))
    .groupBy('signed.chain')
    .orderBy('signed.chain'),
)
const naming = statement<{ chain: string }, CheckpointRow>((db, p) =>
  db
    .selectFrom('checkpoints')
    .selectAll('checkpoints')
    .innerJoin('checkpoint_heads as signed', 'signed.checkpoint', 'checkpoints.seq')
    .where('signed.chain', '=', p('chain'))
    .orderBy('signed.seq', 'desc')
    .limit(1),
)
/** The oldest that covers a row. */
const covering = statement<{ chain: string; seq: number }, CheckpointRow>((db, p) =>
  db
    .selectFrom('checkpoints')
    .selectAll('checkpoints')
    .innerJoin('checkpoint_heads as signed', 'signed.checkpoint', 'checkpoints.seq')
    .where('signed.chain', '=', p('chain'))
    .where('signed.seq', '>=', p('seq'))
    .orderBy('signed.seq')
    .limit(1),
)
const counts = statement<NoParams, CountRow>((db) => db.selectFrom('ceiling_counts').selectAll().orderBy('lane'))
const insertCount = statement<CountRow>((db, p) =>
  db.insertInto('ceiling_counts').values({ lane: p('lane'), number: p('number'), text: p('text'), seal: p('seal') }),
)
const signedUpTo = statement<NoParams, { chain: string; seq: number }>((db) =>
  db
    .selectFrom('checkpoint_heads')
    .select(['chain', (eb) => eb.fn.max<number>('seq').as('seq')])
    .groupBy('chain'),
)
/** Numbers of checkpoints that are none: below the first, and those that only heads name. */
const strays = statement<NoParams, { seq: number }>((db) =>
  db
    .selectFrom('checkpoints')
    .select('seq')
    .where('seq', '<', 1)
    .union((eb) =>
      eb
        .selectFrom('checkpoint_heads')
        .select('checkpoint as seq')
        .where('checkpoint', 'not in', (inner) => inner.selectFrom('checkpoints').select('seq')),
    )
    .orderBy('seq')
    .limit(1),
)
/** The first signed head of each chain that is not the head of a row any more. */
const contradicted = statement<NoParams, { chain: string; seq: number }>((db) =>
  db
    .selectFrom('checkpoint_heads as signed')
    .leftJoin('evidence as row', (join) =>
      join.onRef('row.chain', '=', 'signed.chain').onRef('row.seq', '=', 'signed.seq'),
    )
    .select(['signed.chain', (eb) => eb.fn.min<number>('signed.seq').as('seq')])
    .where('signed.chain', 'not like', `${COUNTS}%`)
    .where((eb) => eb.or([eb('row.hash', 'is', null), eb('row.hash', '<>', eb.ref('signed.hash'))]))
    .groupBy('signed.chain')
    .orderBy('signed.chain'),
)

/** With their heads, those of each in the order of their chains. */
async function withHeads(db: Handle, rows: readonly CheckpointRow[]): Promise<AuditCheckpoint[]> {
  const heads = new Map(rows.map(({ seq }) => [seq, [] as Head[]]))
  const [after, last] = [(rows[0]?.seq ?? 0) - 1, rows.at(-1)?.seq ?? 0]
  for (const { checkpoint, ...head } of await db.all(headsBetween, { after, last })) heads.get(checkpoint)?.push(head)
  return rows.map(({ seq, at, public_key: publicKey, prev_hash: prevHash, hash, signature }) => {
    const own = heads.get(seq)?.sort(byChain) ?? []
    return { seq, at, heads: own, prevHash, publicKey, hash, signature }
  })
}

export const checkpointStore = {
  async last(db: Handle): Promise<AuditCheckpoint | undefined> {
    return (await withHeads(db, await db.all(last)))[0]
  },
  /** In their order. */
  page: async (db: Handle, after: number, count: number) => withHeads(db, await db.all(page, { after, count })),
  async insert(db: Handle, { heads, ...checkpoint }: AuditCheckpoint): Promise<void> {
    await db.run(insert, {
      seq: checkpoint.seq,
      at: checkpoint.at,
      public_key: checkpoint.publicKey,
      prev_hash: checkpoint.prevHash,
      hash: checkpoint.hash,
      signature: checkpoint.signature,
    })
    await db.many(
      insertHead,
      heads.map((head) => ({ ...head, checkpoint: checkpoint.seq })),
    )
  },
  /** Heads that no checkpoint holds yet. */
  moved: (db: Handle) => db.all(moved),
  movedCounts: (db: Handle) => db.all(movedCounts),
  countsBehind: (db: Handle) => db.all(countBehind),
  counts: (db: Handle) => db.all(counts),
  insertCount: (db: Handle, row: CountRow) => db.run(insertCount, row),
  /** The newest that names a head of this chain. */
  async naming(db: Handle, chain: string): Promise<AuditCheckpoint | undefined> {
    return (await withHeads(db, await db.all(naming, { chain })))[0]
  },
  /** The oldest that covers this row of a chain. */
  async covering(db: Handle, row: { chain: string; seq: number }): Promise<AuditCheckpoint | undefined> {
    return (await withHeads(db, await db.all(covering, row)))[0]
  },
  signedUpTo: (db: Handle) => db.all(signedUpTo),
  contradicted: (db: Handle) => db.all(contradicted),
  stray: (db: Handle) => db.get(strays),
}
