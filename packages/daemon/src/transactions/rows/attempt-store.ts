import { sql } from 'kysely'
import type { Attempt } from '../../chains/follow.ts'
import type { NoParams } from '../../platform/db/database.ts'
import { type Handle, statement } from '../../platform/db/database.ts'

/**
 * issued: bytes and authorisation are stored, no signature is. recorded: signed bytes are stored; with `left_at` they
 * may be anywhere. included: seen in a block that is not final. final and void: over. dropped: never signed, or its bytes
 * never left or have expired; its nonce is free. reused: dropped, and the nonce went to another attempt.
 */
export type AttemptState = 'issued' | 'recorded' | 'included' | 'final' | 'void' | 'dropped' | 'reused'
/** send carries out the request; speed-up does it again on the same nonce for a higher fee; cancel takes the nonce away from it. */
export type Purpose = 'send' | 'speed-up' | 'cancel'
export type AttemptRow = {
  id: string
  transaction_id: string
  session_id: string | null
  lane: string
  network: string
  sender: string
  state: AttemptState
  purpose: Purpose
  /** What it was built from: the fees that a replacement has to outbid. */
  draft: string
  max_fee: string
  /** Native base units that it can cost at most: value, fee and rent. */
  cost: string
  nonce: number | null
  blockhash: string | null
  last_valid: number | null
  variation: number | null
  unsigned: string
  authorisation: string
  hash: string | null
  signed: string | null
  block_height: number | null
  block_hash: string | null
  succeeded: number | null
  fee: string | null
  error: string | null
  /** When the recorded bytes may first have left; null: they certainly have not. */
  left_at: number | null
  created_at: number
  updated_at: number
}
/** What an attempt says of itself as long as it is in no block. */
export const inNoBlock = {
  block_height: null,
  block_hash: null,
  succeeded: null,
  fee: null,
  error: null,
} as const satisfies Partial<AttemptRow>
export type LaneRow = {
  id: string
  wallet_id: string
  network: string
  next_nonce: number | null
  fence: number
  lease_owner: string | null
  lease_until: number
  /** What keeps everything of this lane. */
  wait_reason: string | null
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    attempts: AttemptRow
    lanes: LaneRow
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
  'draft',
  'max_fee',
  'cost',
  'nonce',
  'blockhash',
  'last_valid',
  'variation',
  'unsigned',
  'authorisation',
  'hash',
  'signed',
  'block_height',
  'block_hash',
  'succeeded',
  'fee',
  'error',
  'left_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof AttemptRow)[]

const insert = statement<AttemptRow>((db, p) =>
  // Every column by its own name; the cast only joins the pairs into one record.
  db.insertInto('attempts').values(Object.fromEntries(columns.map((name) => [name, p(name)])) as AttemptRow),
)
const live = statement<{ lane: string }, AttemptRow>((db, p) =>
  db
    .selectFrom('attempts')
    .selectAll()
    .where('lane', '=', p('lane'))
    .where('state', 'in', ['recorded', 'included'])
    .orderBy('id'),
)
const liveLanes = statement<NoParams, { lane: string; wallet_id: string; network: string }>((db) =>
  db
    .selectFrom('lanes')
    .select(['id as lane', 'wallet_id', 'network'])
    // From each lane into its index: asked several times a second, and attempts only become more.
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('attempts')
          .select('attempts.id')
          .whereRef('attempts.lane', '=', 'lanes.id')
          .where('attempts.state', 'in', ['issued', 'recorded', 'included']),
      ),
    ),
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
const record = statement<{ id: string; hash: string; signed: string; at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ state: 'recorded', hash: p('hash'), signed: p('signed'), updated_at: p('at') })
    .where('id', '=', p('id'))
    .where('state', '=', 'issued'),
)
const leave = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({ left_at: p('at') })
    .where('id', '=', p('id'))
    .where('state', '=', 'recorded')
    .where('left_at', 'is', null),
)
const stay = statement<{ id: string }>((db, p) =>
  db.updateTable('attempts').set({ left_at: null }).where('id', '=', p('id')).where('state', '=', 'recorded'),
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
    .where('state', 'in', ['recorded', 'included']),
)
const uninclude = statement<{ id: string; at: number }>((db, p) =>
  db
    .updateTable('attempts')
    .set({
      state: 'recorded',
      ...inNoBlock,
      updated_at: p('at'),
    })
    .where('id', '=', p('id'))
    .where('state', '=', 'included'),
)
const ofTransaction = statement<{ transaction: string }, AttemptRow>((db, p) =>
  db.selectFrom('attempts').selectAll().where('transaction_id', '=', p('transaction')).orderBy('id'),
)
const paidFee = statement<{ transaction: string }, { fee: string | null }>((db, p) =>
  db
    .selectFrom('attempts')
    .select('fee')
    .where('transaction_id', '=', p('transaction'))
    .where('state', 'in', ['included', 'final'])
    .limit(1),
)
const lane = statement<{ id: string }, LaneRow>((db, p) => db.selectFrom('lanes').selectAll().where('id', '=', p('id')))
const insertLane = statement<{ id: string; wallet: string; network: string }>((db, p) =>
  db
    .insertInto('lanes')
    .values({
      id: p('id'),
      wallet_id: p('wallet'),
      network: p('network'),
      next_nonce: null,
      fence: 0,
      lease_owner: null,
      lease_until: 0,
      wait_reason: null,
    })
    .onConflict((on) => on.column('id').doNothing()),
)
type Lease = { id: string; owner: string; fence: number; until: number; now: number }
const takeLease = statement<Lease>((db, p) =>
  db
    .updateTable('lanes')
    .set({ lease_owner: p('owner'), fence: p('fence'), lease_until: p('until') })
    .where('id', '=', p('id'))
    .where((eb) => eb.or([eb('lease_until', '<=', p('now')), eb('lease_owner', '=', p('owner'))])),
)
const keepLease = statement<{ id: string; owner: string; fence: number; until: number }>((db, p) =>
  db
    .updateTable('lanes')
    .set({ lease_until: p('until') })
    .where('id', '=', p('id'))
    .where('lease_owner', '=', p('owner'))
    .where('fence', '=', p('fence')),
)
const dropLeases = statement<{ owner: string }>((db, p) =>
  db.updateTable('lanes').set({ lease_until: 0 }).where('lease_owner', '=', p('owner')),
)
const endLeases = statement((db) => db.updateTable('lanes').set({ lease_until: 0 }))
const setNonce = statement<{ id: string; nonce: number }>((db, p) =>
  db
    .updateTable('lanes')
    .set({ next_nonce: p('nonce') })
    .where('id', '=', p('id')),
)

const wait = statement<{ id: string; reason: string | null }>((db, p) =>
  db
    .updateTable('lanes')
    .set({ wait_reason: p('reason') })
    .where('id', '=', p('id'))
    .where(sql<boolean>`wait_reason is distinct from ${p('reason')}`),
)

const won = ({ changes }: { changes: number }) => changes === 1

export const attemptStore = {
  insert: (db: Handle, row: AttemptRow) => db.run(insert, row),
  /** Signed and not final, oldest first. */
  live: (db: Handle, lane: string) => db.all(live, { lane }),
  liveLanes: (db: Handle) => db.all(liveLanes),
  inState: (db: Handle, lane: string, state: AttemptState) => db.all(inState, { lane, state }),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  issuedFor: (db: Handle, transaction: string) => db.get(issuedFor, { transaction }),
  move: async (db: Handle, change: { id: string; from: AttemptState; to: AttemptState; at: number }) =>
    won(await db.run(move, change)),
  record: async (db: Handle, change: { id: string; hash: string; signed: string; at: number }) =>
    won(await db.run(record, change)),
  /** From here on the recorded bytes may have left. */
  leave: async (db: Handle, change: { id: string; at: number }) => won(await db.run(leave, change)),
  /** Proven not to have left. */
  stay: async (db: Handle, id: string) => won(await db.run(stay, { id })),
  /** Nobody knows which recorded bytes left: all may have. */
  assumeLeft: (db: Handle, at: number) => db.run(assumeLeft, { at }),
  include: async (db: Handle, change: Include) => won(await db.run(include, change)),
  uninclude: async (db: Handle, change: { id: string; at: number }) => won(await db.run(uninclude, change)),
  /** Oldest first. */
  ofTransaction: (db: Handle, transaction: string) => db.all(ofTransaction, { transaction }),
  paidFee: async (db: Handle, transaction: string) => (await db.get(paidFee, { transaction }))?.fee ?? null,
  lane: (db: Handle, id: string) => db.get(lane, { id }),
  insertLane: (db: Handle, row: { id: string; wallet: string; network: string }) => db.run(insertLane, row),
  takeLease: async (db: Handle, lease: Lease) => won(await db.run(takeLease, lease)),
  keepLease: async (db: Handle, lease: { id: string; owner: string; fence: number; until: number }) =>
    won(await db.run(keepLease, lease)),
  dropLeases: (db: Handle, owner: string) => db.run(dropLeases, { owner }),
  /** Of a database that nobody else uses. */
  endLeases: (db: Handle) => db.run(endLeases),
  waitOfLane: (db: Handle, id: string, reason: string | null) => db.run(wait, { id, reason }),
  setNonce: (db: Handle, id: string, nonce: number) => db.run(setNonce, { id, nonce }),
}

/** What a chain needs to know to look for an attempt. */
export function asAttempt(row: AttemptRow): Attempt {
  if (row.hash === null) throw new Error(`attempt ${row.id} was never signed`)
  return {
    id: row.id,
    hash: row.hash,
    sender: row.sender,
    maxFee: BigInt(row.max_fee),
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
