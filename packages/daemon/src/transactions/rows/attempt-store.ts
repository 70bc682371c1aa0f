import { parseBase } from '@waiaas/contract'
import type { Attempt } from '../../chains/follow.ts'
import { changeIn, type Handle, type Ids, idsIn, rowsIn, statement } from '../../platform/db/database.ts'
import { won } from './store.ts'

/**
 * issued: bytes and authorisation are stored, no signature is. recorded: signed bytes are stored; with `left_at` they
 * may be anywhere. included: seen in a block that is not final. final and void: over. dropped: never signed, or its bytes
 * never left or have expired; its nonce is free. reused: dropped, and the nonce went to another attempt.
 */
export type AttemptState = 'issued' | 'recorded' | 'included' | 'final' | 'void' | 'dropped' | 'reused'
/**
 * send carries out the request; sign-only gives its bytes to who asked, who may send them; speed-up does it again on the same
 * nonce for a higher fee; cancel takes the nonce away from it.
 */
export type Purpose = 'send' | 'sign-only' | Replacement
export type Replacement = 'speed-up' | 'cancel'
/** It takes the nonce of another attempt. */
export const isReplacement = (row: { purpose: Purpose }): boolean =>
  row.purpose === 'speed-up' || row.purpose === 'cancel'
export type AttemptRow = {
  id: string
  transaction_id: string
  session_id: string | null
  lane: string
  network: string
  sender: string
  state: AttemptState
  purpose: Purpose
  /** Of a replacement: who asked for it. */
  asked_by: string | null
  max_fee: string
  /** Native base units that it can cost at most: value, fee and rent. */
  cost: string
  nonce: number | null
  blockhash: string | null
  last_valid: number | null
  variation: number | null
  hash: string | null
  signed: string | null
  block_height: number | null
  block_hash: string | null
  succeeded: number | null
  fee: string | null
  error: string | null
  /** When the recorded bytes may first have left; null: they certainly have not. */
  left_at: number | null
  /** The time of the newest block when it was made to outbid others, or looked at for that; null: neither. */
  seen_block: number | null
  created_at: number
  updated_at: number
}
/** What is long and never changes, in a table of its own: each step of a signature then writes a short row. */
export type AttemptTexts = {
  id: string
  /** The judgement under which it is signed; null: the one that was in force before. */
  decision: string | null
  /** What it was built from: the fees that a replacement has to outbid. */
  draft: string
  unsigned: string
  authorisation: string
}
/** What an attempt says of itself as long as it is in no block. */
export const inNoBlock = {
  block_height: null,
  block_hash: null,
  succeeded: null,
  fee: null,
  error: null,
} as const satisfies Partial<AttemptRow>

declare module '../../platform/db/tables.ts' {
  interface Tables {
    attempts: AttemptRow
    attempt_texts: AttemptTexts
  }
}

const columns = [
  'id',
  'transaction_id',
  'session_id',
  'lane',
  'network',
  'sender',
  'state',
  'purpose',
  'asked_by',
  'max_fee',
  'cost',
  'nonce',
  'blockhash',
  'last_valid',
  'variation',
  'hash',
  'signed',
  'block_height',
  'block_hash',
  'succeeded',
  'fee',
  'error',
  'left_at',
  'seen_block',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof AttemptRow)[]

const insert = statement<AttemptRow>((db, p) =>
  // Every column by its own name; the cast only joins the pairs into one record.
  db.insertInto('attempts').values(Object.fromEntries(columns.map((name) => [name, p(name)])) as AttemptRow),
)
const insertTexts = statement<AttemptTexts>((db, p) =>
  db.insertInto('attempt_texts').values({
    id: p('id'),
    decision: p('decision'),
    draft: p('draft'),
    unsigned: p('unsigned'),
    authorisation: p('authorisation'),
  }),
)
const texts = statement<{ id: string }, AttemptTexts>((db, p) =>
  db.selectFrom('attempt_texts').selectAll().where('id', '=', p('id')),
)
const authorisations = statement<Ids, Pick<AttemptTexts, 'id' | 'authorisation'>>((db, p) =>
  db.selectFrom('attempt_texts').select(['id', 'authorisation']).where('id', 'in', idsIn(p)),
)
const live = statement<{ lane: string }, AttemptRow>((db, p) =>
  db
    .selectFrom('attempts')
    .selectAll()
    .where('lane', '=', p('lane'))
    .where('state', 'in', ['recorded', 'included'])
    .orderBy('id'),
)
const inState = statement<{ lane: string; state: AttemptState }, AttemptRow>((db, p) =>
  db
    .selectFrom('attempts')
    .selectAll()
    .where('lane', '=', p('lane'))
    .where('state', '=', p('state'))
    .orderBy('nonce')
    .orderBy('id'),
)
const byId = statement<{ id: string }, AttemptRow>((db, p) =>
  db.selectFrom('attempts').selectAll().where('id', '=', p('id')),
)
const byIds = statement<Ids, AttemptRow>((db, p) => db.selectFrom('attempts').selectAll().where('id', 'in', idsIn(p)))
const signedHashes = statement<Ids, { hash: string | null }>((db, p) =>
  db
    .selectFrom('attempts')
    .select('hash')
    .where('hash', 'in', idsIn(p))
    .where('state', 'in', ['recorded', 'included', 'final']),
)
const ofHash = statement<{ lane: string; hash: string }, { transaction_id: string }>((db, p) =>
  db.selectFrom('attempts').select('transaction_id').where('hash', '=', p('hash')).where('lane', '=', p('lane')),
)
const issuedFor = statement<{ transaction: string }, AttemptRow>((db, p) =>
  db.selectFrom('attempts').selectAll().where('transaction_id', '=', p('transaction')).where('state', '=', 'issued'),
)
const move = statement<{ id: string; from: AttemptState; to: AttemptState; at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ state: p('to'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('state', '=', p('from')),
)
const finish = statement<Ids & { at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ state: 'final', updated_at: p('at') })
    .where('id', 'in', idsIn(p))
    .where('state', '=', 'included'),
)
const record = statement<{ id: string; hash: string; signed: string | null; leftAt: number | null; at: number }>(
  (db, p) =>
    db
      .updateTable('attempts')
      .set({ state: 'recorded', hash: p('hash'), signed: p('signed'), left_at: p('leftAt'), updated_at: p('at') })
      .where('id', '=', p('id'))
      .where('state', '=', 'issued'),
)
const leave = statement<Ids & { at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ left_at: p('at') })
    .where('id', 'in', idsIn(p))
    .where('state', '=', 'recorded')
    .where('left_at', 'is', null),
)
const see = statement<{ id: string; block: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ seen_block: p('block') })
    .where('id', '=', p('id')),
)
const stay = statement<{ id: string; leftAt: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ left_at: null })
    .where('id', '=', p('id'))
    .where('state', '=', 'recorded')
    .where('left_at', '=', p('leftAt')),
)
const giveUp = statement<{ id: string; to: AttemptState; at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ state: p('to'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('state', '=', 'recorded')
    .where('left_at', 'is', null),
)
const assumeLeft = statement<{ at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ left_at: p('at') })
    .where('state', '=', 'recorded')
    .where('left_at', 'is', null),
)
type Include = {
  id: string
  height: number
  block: string
  succeeded: number
  fee: string
  error: string | null
  at: number
}
const include = statement<Include>((db, p) =>
  db
    .updateTable('attempts')
    .set({
      state: 'included',
      block_height: p('height'),
      block_hash: p('block'),
      succeeded: p('succeeded'),
      fee: p('fee'),
      error: p('error'),
      updated_at: p('at'),
    })
    .where('id', '=', p('id'))
    .where('state', '=', 'recorded'),
)
const uninclude = statement<{ id: string; block: string; at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({
      state: 'recorded',
      ...inNoBlock,
      updated_at: p('at'),
    })
    .where('id', '=', p('id'))
    .where('state', '=', 'included')
    .where('block_hash', '=', p('block')),
)
const newestSigned = statement<{ lane: string; since: string }, { id: string }>((db, p) =>
  db
    .selectFrom('attempts')
    .select('id')
    .where('id', '>=', p('since'))
    .where('lane', '=', p('lane'))
    .where('hash', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1),
)
const ofTransaction = statement<{ transaction: string }, AttemptRow>((db, p) =>
  db.selectFrom('attempts').selectAll().where('transaction_id', '=', p('transaction')).orderBy('id'),
)

export type NewAttempt = { readonly row: AttemptRow; readonly texts: AttemptTexts }

export const attemptStore = {
  async insert(db: Handle, attempts: readonly NewAttempt[]): Promise<void> {
    await db.many(
      insert,
      attempts.map(({ row }) => row),
    )
    await db.many(
      insertTexts,
      attempts.map(({ texts }) => texts),
    )
  },
  async texts(db: Handle, id: string): Promise<AttemptTexts> {
    const found = await db.get(texts, { id })
    if (!found) throw new Error(`attempt ${id} has no texts`)
    return found
  },
  /** What attempts were authorised under, by their ids. */
  authorisations: async (db: Handle, ids: readonly string[]) =>
    new Map((await rowsIn(db, authorisations, ids)).map(({ id, authorisation }) => [id, authorisation])),
  /** Signed and not final, oldest first. */
  live: (db: Handle, lane: string) => db.all(live, { lane }),
  inState: (db: Handle, lane: string, state: AttemptState) => db.all(inState, { lane, state }),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  byIds: async (db: Handle, ids: readonly string[]) =>
    new Map((await rowsIn(db, byIds, ids)).map((row) => [row.id, row])),
  /** Those of these hashes that signed bytes have which may land, or have. */
  signedHashes: async (db: Handle, hashes: readonly string[]) =>
    new Set((await rowsIn(db, signedHashes, hashes)).map(({ hash }) => hash)),
  /** The transaction of signed bytes of a lane. */
  transactionOf: async (db: Handle, signed: { lane: string; hash: string }) =>
    (await db.get(ofHash, signed))?.transaction_id,
  issuedFor: (db: Handle, transaction: string) => db.get(issuedFor, { transaction }),
  move: async (db: Handle, change: { id: string; from: AttemptState; to: AttemptState; at: number }) =>
    won(await db.run(move, change)),
  /** What was included is final; all of them, or false. */
  finish: async (db: Handle, ids: readonly string[], at: number) =>
    (await changeIn(db, finish, { ids, at })) === ids.length,
  record: async (db: Handle, change: { id: string; hash: string; signed: string; at: number }) =>
    won(await db.run(record, { ...change, leftAt: null })),
  /** It is signed for who asked: from here on it may be anywhere, and its bytes are kept elsewhere. */
  giveOut: async (db: Handle, change: { id: string; hash: string; at: number }) =>
    won(await db.run(record, { ...change, signed: null, leftAt: change.at })),
  /** From here on the recorded bytes may have left; all of them, or false. */
  leave: async (db: Handle, ids: readonly string[], at: number) =>
    (await changeIn(db, leave, { ids, at })) === ids.length,
  /** Notes the newest block for whoever would outbid it. */
  see: (db: Handle, seen: { id: string; block: number }) => db.run(see, seen),
  /** Proven not to have left at the only time that anybody tried, which is the one that is named. */
  stay: async (db: Handle, change: { id: string; leftAt: number }) => won(await db.run(stay, change)),
  /** Recorded bytes that have not left never will. */
  giveUp: async (db: Handle, change: { id: string; to: 'dropped' | 'reused'; at: number }) =>
    won(await db.run(giveUp, change)),
  /** Nobody knows which recorded bytes left: all may have. */
  assumeLeft: (db: Handle, at: number) => db.run(assumeLeft, { at }),
  include: async (db: Handle, change: Include) => won(await db.run(include, change)),
  /** Out of the block that it was in. */
  uninclude: async (db: Handle, change: { id: string; block: string; at: number }) =>
    won(await db.run(uninclude, change)),
  /** The newest id of this lane's attempts, from this id on, that was signed. */
  newestSigned: async (db: Handle, lane: string, since: string) => (await db.get(newestSigned, { lane, since }))?.id,
  /** Oldest first. */
  ofTransaction: (db: Handle, transaction: string) => db.all(ofTransaction, { transaction }),
}

/** What a chain needs to know to look for an attempt. */
export function asAttempt(row: AttemptRow): Attempt {
  if (row.hash === null) throw new Error(`attempt ${row.id} was never signed`)
  return {
    id: row.id,
    hash: row.hash,
    sender: row.sender,
    maxFee: parseBase(row.max_fee),
    lifetime: {
      ...(row.nonce !== null && { nonce: row.nonce }),
      ...(row.blockhash !== null && { blockhash: row.blockhash }),
      ...(row.last_valid !== null && { lastValid: row.last_valid }),
      ...(row.variation !== null && { variation: row.variation }),
    },
    ...(row.block_height !== null &&
      row.block_hash !== null && {
        block: { height: row.block_height, hash: row.block_hash, succeeded: row.succeeded === 1 },
      }),
  }
}
