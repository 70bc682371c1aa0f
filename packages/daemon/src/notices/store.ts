import type { SelectQueryBuilder } from 'kysely'
import { type Handle, type NoParams, statement } from '../platform/db/database.ts'
import type { Tables } from '../platform/db/tables.ts'
import { type DueRow, unleased } from '../platform/due-rows.ts'

/** What is still to be told on one channel. `state` is waiting, open (a digest that still takes in) or dead (given up). */
export type NoticeRow = {
  id: string
  channel: string
  /** Within one, the order is kept: the chain of the evidence that it comes from, or `digest`. */
  lane: string
  number: number
  /** The lower goes before, of other lanes: `RANKS`. */
  rank: number
  state: 'waiting' | 'open' | 'dead'
  event: string
  wallet_id: string | null
  body: string
  tries: number
  due_at: number
  created_at: number
  error: string | null
}
/** A channel: who sends on it now, how often it failed in a row, and what it was told in a minute. */
export type QueueRow = DueRow & { tries: number; minute: number; told: number }
type FeedRow = { id: string; checkpoint: number; passed: number; next_number: number }
export type LogRow = {
  id: string
  channel: string
  event: string
  wallet_id: string | null
  status: 'sent' | 'failed'
  http_status: number | null
  attempt: number
  error: string | null
  message: string | null
  duration_ms: number | null
  created_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    notices: NoticeRow
    notice_queues: QueueRow
    notice_feed: FeedRow
    notice_log: LogRow
  }
}

/** What is critical, what is told in quiet hours too, and the rest. */
export const RANKS = { critical: 0, urgent: 1, other: 2 } as const
export const DIGEST_LANE = 'digest'
const FEED = 'evidence'
const feed = statement<NoParams, FeedRow>((db) => db.selectFrom('notice_feed').selectAll().where('id', '=', FEED))
const moveFeed = statement<Omit<FeedRow, 'id'>>((db, p) =>
  db
    .insertInto('notice_feed')
    .values({ id: FEED, checkpoint: p('checkpoint'), passed: p('passed'), next_number: p('next_number') })
    .onConflict((on) =>
      on.column('id').doUpdateSet((eb) => ({
        checkpoint: eb.ref('excluded.checkpoint'),
        passed: eb.ref('excluded.passed'),
        next_number: eb.ref('excluded.next_number'),
      })),
    ),
)
const insert = statement<NoticeRow>((db, p) =>
  db.insertInto('notices').values({
    ...{ id: p('id'), channel: p('channel'), lane: p('lane'), number: p('number'), rank: p('rank') },
    ...{ state: p('state'), event: p('event'), wallet_id: p('wallet_id'), body: p('body'), tries: p('tries') },
    ...{ due_at: p('due_at'), created_at: p('created_at'), error: p('error') },
  }),
)
const openDigest = statement<{ channel: string }, NoticeRow>((db, p) =>
  db.selectFrom('notices').selectAll().where('channel', '=', p('channel')).where('state', '=', 'open').limit(1),
)
const setDigest = statement<{ id: string; body: string }>((db, p) =>
  db
    .updateTable('notices')
    .set({ body: p('body') })
    .where('id', '=', p('id')),
)
/** One that waits to be told is enough: until it is, the next one takes in. */
const closeDigests = statement<{ channel: string; now: number }>((db, p) =>
  db
    .updateTable('notices')
    .set({ state: 'waiting' })
    .where('channel', '=', p('channel'))
    .where('state', '=', 'open')
    .where('due_at', '<=', p('now'))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('notices as w')
            .select('w.id')
            .where('w.channel', '=', p('channel'))
            .where('w.state', '=', 'waiting')
            .where('w.lane', '=', DIGEST_LANE),
        ),
      ),
    ),
)
/** The next one: what is critical first, and of each lane the first alone; nothing of a higher rank than `most`. */
const next = statement<{ channel: string; now: number; most: number }, NoticeRow>((db, p) =>
  db
    .selectFrom('notices as n')
    .selectAll('n')
    .where('n.channel', '=', p('channel'))
    .where('n.state', '=', 'waiting')
    .where('n.rank', '<=', p('most'))
    .where('n.due_at', '<=', p('now'))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('notices as e')
            .select('e.id')
            .whereRef('e.channel', '=', 'n.channel')
            .whereRef('e.state', '=', 'n.state')
            .whereRef('e.lane', '=', 'n.lane')
            .whereRef('e.number', '<', 'n.number'),
        ),
      ),
    )
    .orderBy('n.rank')
    .orderBy('n.number')
    .limit(1),
)
/** What waits before one of its lane goes as early as that one. */
const hasten = statement<Pick<NoticeRow, 'channel' | 'lane' | 'number' | 'rank' | 'due_at'>>((db, p) =>
  db
    .updateTable('notices')
    .set({ rank: p('rank'), due_at: p('due_at') })
    .where('channel', '=', p('channel'))
    .where('state', '=', 'waiting')
    .where('lane', '=', p('lane'))
    .where('number', '<', p('number'))
    .where('rank', '>', p('rank')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('notices').where('id', '=', p('id')))
const later = statement<{ id: string; due_at: number; error: string }>((db, p) =>
  db
    .updateTable('notices')
    .set((eb) => ({ tries: eb('tries', '+', 1), due_at: p('due_at'), error: p('error') }))
    .where('id', '=', p('id')),
)
const bury = statement<{ id: string; error: string }>((db, p) =>
  db
    .updateTable('notices')
    .set((eb) => ({ state: 'dead' as const, tries: eb('tries', '+', 1), error: p('error') }))
    .where('id', '=', p('id')),
)
const buryOlder = statement<{ channel: string; before: number }>((db, p) =>
  db
    .updateTable('notices')
    .set({ state: 'dead' })
    .where('channel', '=', p('channel'))
    .where('state', '=', 'waiting')
    .where('created_at', '<', p('before')),
)
const counts = statement<NoParams, { channel: string; state: NoticeRow['state']; count: number }>((db) =>
  db
    .selectFrom('notices')
    .select(['channel', 'state'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .groupBy(['channel', 'state']),
)
const waiting = statement<{ channel: string; most: number }, { id: string }>((db, p) =>
  db
    .selectFrom('notices')
    .select('id')
    .where('channel', '=', p('channel'))
    .where('state', '=', 'waiting')
    .where('rank', '>', RANKS.critical)
    .limit(p('most')),
)
const dropLane = statement<{ channel: string; lane: string }>((db, p) =>
  db
    .deleteFrom('notices')
    .where('channel', '=', p('channel'))
    .where('state', '=', 'waiting')
    .where('lane', '=', p('lane')),
)
const dropChannel = statement<{ channel: string }>((db, p) =>
  db.deleteFrom('notices').where('channel', '=', p('channel')),
)
const dropQueue = statement<{ id: string }>((db, p) => db.deleteFrom('notice_queues').where('id', '=', p('id')))

const addQueue = statement<QueueRow>((db, p) =>
  db
    .insertInto('notice_queues')
    .values({
      ...{ id: p('id'), tries: p('tries'), minute: p('minute'), told: p('told'), due_at: p('due_at') },
      ...{ lease_owner: p('lease_owner'), lease_until: p('lease_until') },
    })
    .onConflict((on) => on.doNothing()),
)
const queue = statement<{ id: string }, QueueRow>((db, p) =>
  db.selectFrom('notice_queues').selectAll().where('id', '=', p('id')),
)
const queues = statement<NoParams, QueueRow>((db) => db.selectFrom('notice_queues').selectAll())
const setTries = statement<{ id: string; tries: number }>((db, p) =>
  db
    .updateTable('notice_queues')
    .set({ tries: p('tries') })
    .where('id', '=', p('id')),
)
const setTold = statement<{ id: string; minute: number; told: number }>((db, p) =>
  db
    .updateTable('notice_queues')
    .set({ minute: p('minute'), told: p('told') })
    .where('id', '=', p('id')),
)
const hurry = statement<{ id: string; now: number }>((db, p) =>
  db
    .updateTable('notice_queues')
    .set({ due_at: p('now') })
    .where('id', '=', p('id'))
    .where('due_at', '>', p('now')),
)

const logged = statement<LogRow>((db, p) =>
  db.insertInto('notice_log').values({
    ...{ id: p('id'), channel: p('channel'), event: p('event'), wallet_id: p('wallet_id'), status: p('status') },
    ...{ http_status: p('http_status'), attempt: p('attempt'), error: p('error'), message: p('message') },
    ...{ duration_ms: p('duration_ms'), created_at: p('created_at') },
  }),
)
const pruneLog = statement<{ before: number }>((db, p) =>
  db.deleteFrom('notice_log').where('created_at', '<', p('before')),
)
const pruneDead = statement<{ before: number }>((db, p) =>
  db.deleteFrom('notices').where('state', '=', 'dead').where('created_at', '<', p('before')),
)

export type LogFilter = {
  readonly channel?: string | undefined
  readonly status?: 'sent' | 'failed' | undefined
  readonly event?: string | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
}
type LogQuery = SelectQueryBuilder<Tables, 'notice_log', LogRow>
type Page = { readonly limit: number; readonly offset?: number }

const matching = (filter: LogFilter) => (query: LogQuery) => {
  let found = query
  if (filter.channel !== undefined) found = found.where('channel', '=', filter.channel)
  if (filter.status !== undefined) found = found.where('status', '=', filter.status)
  if (filter.event !== undefined) found = found.where('event', '=', filter.event)
  if (filter.since !== undefined) found = found.where('created_at', '>=', filter.since)
  if (filter.until !== undefined) found = found.where('created_at', '<=', filter.until)
  return found
}

/** How far the evidence was read. */
export const feedStore = {
  get: (db: Handle) => db.get(feed),
  move: (db: Handle, to: Omit<FeedRow, 'id'>) => db.run(moveFeed, to),
}

/** What is still to be told. */
export const outboxStore = {
  insert: (db: Handle, rows: readonly NoticeRow[]) => db.many(insert, rows),
  /** The digest of a channel that still takes in. */
  openDigest: (db: Handle, channel: string) => db.get(openDigest, { channel }),
  setDigest: (db: Handle, row: Pick<NoticeRow, 'id' | 'body'>) => db.run(setDigest, row),
  closeDigests: (db: Handle, channel: string, now: number) => db.run(closeDigests, { channel, now }),
  next: (db: Handle, of: { channel: string; now: number; most: number }) => db.get(next, of),
  hasten: (db: Handle, { channel, lane, number, rank, due_at }: NoticeRow) =>
    db.run(hasten, { channel, lane, number, rank, due_at }),
  remove: (db: Handle, id: string) => db.run(remove, { id }),
  later: (db: Handle, row: { id: string; due_at: number; error: string }) => db.run(later, row),
  bury: (db: Handle, id: string, error: string) => db.run(bury, { id, error }),
  buryOlder: (db: Handle, channel: string, before: number) => db.run(buryOlder, { channel, before }),
  counts: (db: Handle) => db.all(counts),
  /** Of those that are not critical; no more than `most` are counted. */
  waiting: async (db: Handle, channel: string, most: number) => (await db.all(waiting, { channel, most })).length,
  /** Has what was given up, and what waits for another try, tried now. How many. */
  async revive(db: Handle, channel: string | undefined, now: number): Promise<number> {
    const rows = await db.query<{ id: string }>((kysely) => {
      const query = kysely
        .updateTable('notices')
        .set({ state: 'waiting', due_at: now, created_at: now })
        .where((eb) => eb.or([eb('state', '=', 'dead'), eb.and([eb('state', '=', 'waiting'), eb('tries', '>', 0)])]))
      return (channel === undefined ? query : query.where('channel', '=', channel)).returning('id')
    })
    return rows.length
  },
  /** What waits in one lane. */
  dropLane: (db: Handle, channel: string, lane: string) => db.run(dropLane, { channel, lane }),
  dropChannel: async (db: Handle, channel: string) => {
    await db.run(dropChannel, { channel })
    await db.run(dropQueue, { id: channel })
  },
  pruneDead: (db: Handle, before: number) => db.run(pruneDead, { before }),
}

/** The channels as queues. */
export const queueStore = {
  add: (db: Handle, id: string, now: number) =>
    db.run(addQueue, { id, tries: 0, minute: 0, told: 0, due_at: now, ...unleased }),
  get: (db: Handle, id: string) => db.get(queue, { id }),
  all: (db: Handle) => db.all(queues),
  setTries: (db: Handle, id: string, tries: number) => db.run(setTries, { id, tries }),
  setTold: (db: Handle, of: { id: string; minute: number; told: number }) => db.run(setTold, of),
  /** It is tried now, whatever it waited for. */
  hurry: (db: Handle, id: string, now: number) => db.run(hurry, { id, now }),
}

/** What was told, and what could not be. */
export const logStore = {
  add: (db: Handle, row: LogRow) => db.run(logged, row),
  prune: (db: Handle, before: number) => db.run(pruneLog, { before }),
  /** The newest first. */
  list: (db: Handle, filter: LogFilter, { limit, offset = 0 }: Page) =>
    db.query<LogRow>((kysely) =>
      matching(filter)(kysely.selectFrom('notice_log').selectAll()).orderBy('id', 'desc').limit(limit).offset(offset),
    ),
  count: async (db: Handle, filter: LogFilter): Promise<number> => {
    const rows = await db.query<{ count: number }>((kysely) =>
      matching(filter)(kysely.selectFrom('notice_log').selectAll())
        .clearSelect()
        .select((eb) => eb.fn.countAll<number>().as('count')),
    )
    return rows[0]?.count ?? 0
  },
}
