import { CHECKPOINT_NOTICE, newId, type Settings } from '@waiaas/contract'
import { newestCheckpoint, type PlacedPage, places } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { LOGGED } from './human-log.ts'
import { eventNamed, isQuiet, isUrgent, shownDetails, worse } from './rules.ts'
import { DIGEST_LANE, feedStore, logStore, type NoticeRow, outboxStore, queueStore, RANKS } from './store.ts'
import type { DigestBody, NoticeBody, Target } from './types.ts'

type Fact = {
  readonly id: string
  readonly session_id: string | null
  readonly status: string
  readonly tx_hash: string | null
}
export type SpreadParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly settings: () => Settings
  readonly facts: (db: Handle, ids: readonly string[]) => Promise<readonly Fact[]>
  readonly targets: () => Promise<readonly Target[]>
  /** Whether the settings are known whole, secrets too; otherwise a channel that is set up could be missed. */
  readonly isReady: () => Promise<boolean>
  /** Called with what has happened, once it is kept what is still to be told of it. */
  readonly happened: (events: readonly NoticeBody[]) => Promise<void>
}

const LOCK = 'notices'
const LOOK_MS = 500
const MOST_ROWS = 500
/** For so long a digest takes in before it is told, or until the quiet hours are over. */
const DIGEST_MS = 60_000
const DAY_MS = 86_400_000
const PRUNE_MS = 3_600_000

/**
 * Reads the evidence in its one order, each row once among all replicas, and keeps what is to be told of it in the same
 * job that notes how far it was read. What happens has already been written when it happened: no payment waits for this.
 */
export function spreader(parts: SpreadParts): Loop {
  const { database, clock } = parts
  let seen = -1
  let prunedAt = 0

  return loop('notices', parts.log, async () => {
    if (clock.now() - prunedAt > PRUNE_MS) {
      prunedAt = clock.now()
      await prune(parts)
    }
    const newest = await database.read(places.newest)
    if (newest === seen) return LOOK_MS
    if (!(await parts.isReady())) return LOOK_MS
    const targets = await parts.targets()
    const page = await database.work({ exclusive: [LOCK] }, (db) => spread(parts, db, targets))
    await parts.happened(page.events)
    if (!page.isEnd) return 0
    seen = newest
    return LOOK_MS
  })
}

async function prune({ database, clock, settings }: SpreadParts): Promise<void> {
  const before = clock.now() - settings()['notifications.log_retention_days'] * DAY_MS
  await database.work({}, async (db) => {
    await logStore.prune(db, before)
    await outboxStore.pruneDead(db, before)
  })
}

type Spread = { readonly events: readonly NoticeBody[]; readonly isEnd: boolean }

async function spread(parts: SpreadParts, db: Handle, targets: readonly Target[]): Promise<Spread> {
  const from = await feedStore.get(db)
  if (!from) {
    // What happened before anybody could be told is not told.
    const { place } = await places.end(db)
    await feedStore.move(db, { ...place, next_number: 1 })
    return { events: [], isEnd: true }
  }
  // With nobody to tell, what the log says is enough.
  const place = { checkpoint: from.checkpoint, passed: from.passed }
  const page = await places.after(
    db,
    place,
    targets.length === 0 ? { count: MOST_ROWS, only: [...LOGGED] } : { count: MOST_ROWS },
  )
  const all = await happenedIn(parts, db, { page, isTold: targets.length > 0 })
  for (const target of targets) await keep(parts, db, { target, all, first: from.next_number })
  if (page.isEnd && page.next.checkpoint !== from.checkpoint) await keepCheckpoint(parts, db, targets)
  if (all.length > 0 || page.next.checkpoint !== from.checkpoint || page.next.passed !== from.passed)
    await feedStore.move(db, { ...page.next, next_number: from.next_number + all.length })
  return { events: all.map(({ body }) => body), isEnd: page.isEnd }
}

/** The newest one says all that those before it say, which it is chained to: of those that wait one is enough. */
async function keepCheckpoint({ clock }: SpreadParts, db: Handle, targets: readonly Target[]): Promise<void> {
  const keepers = targets.filter(({ keepsCheckpoints }) => keepsCheckpoints)
  const checkpoint = keepers.length === 0 ? undefined : await newestCheckpoint(db)
  if (!checkpoint) return
  const now = clock.now()
  for (const { channel } of keepers) {
    await queueStore.add(db, channel.name, now)
    await outboxStore.dropLane(db, channel.name, CHECKPOINT_NOTICE)
    await outboxStore.insert(db, [
      {
        ...{
          id: newId(now),
          channel: channel.name,
          lane: CHECKPOINT_NOTICE,
          number: checkpoint.seq,
          rank: RANKS.other,
        },
        ...{ state: 'waiting', event: CHECKPOINT_NOTICE, wallet_id: null, body: JSON.stringify(checkpoint) },
        ...{ tries: 0, due_at: now, created_at: now, error: null },
      },
    ])
  }
}

type Happened = { readonly lane: string; readonly body: NoticeBody }

type Reading = { readonly page: PlacedPage; readonly isTold: boolean }

async function happenedIn(
  { facts }: SpreadParts,
  db: Handle,
  { page: { rows }, isTold }: Reading,
): Promise<readonly Happened[]> {
  const ids = (isTold ? rows : []).flatMap(({ row }) => (row.tx_id === null ? [] : [row.tx_id]))
  const known = new Map((await facts(db, [...new Set(ids)])).map((fact) => [fact.id, fact]))
  return rows.flatMap(({ row }): Happened[] => {
    const event = eventNamed(row.event)
    if (event === undefined) return []
    const fact = row.tx_id === null ? undefined : known.get(row.tx_id)
    const body: NoticeBody = {
      event,
      // Written by `record`, which takes it from the table of events, and the details as an object.
      severity: row.severity as NoticeBody['severity'],
      ...{ at: row.at, walletId: row.wallet_id, transactionId: row.tx_id },
      sessionId: fact?.session_id ?? row.session_id,
      ...{ status: fact?.status ?? null, txHash: fact?.tx_hash ?? null },
      details: shownDetails(event, JSON.parse(row.details) as Record<string, unknown>),
    }
    return [{ lane: row.chain, body }]
  })
}

type Keeping = { readonly target: Target; readonly all: readonly Happened[]; readonly first: number }

/** Keeps what one channel is to be told: each by itself, or, beyond its rate and in quiet hours, in a digest. */
async function keep(parts: SpreadParts, db: Handle, { target, all, first }: Keeping): Promise<void> {
  const wanted = all.map((each, at) => ({ ...each, number: first + at })).filter(({ body }) => target.wants(body))
  if (wanted.length === 0) return
  const { clock } = parts
  const channel = target.channel.name
  const now = clock.now()
  await queueStore.add(db, channel, now)
  const pace = target.isForPeople ? await paceOf(parts, db, channel) : undefined
  const rankOf = (body: NoticeBody) => {
    if (body.severity === 'critical') return RANKS.critical
    return isUrgent(parts.settings(), body) ? RANKS.urgent : RANKS.other
  }
  const folded: NoticeBody[] = []
  const rows: NoticeRow[] = []
  for (const { lane, body, number } of wanted) {
    if (pace?.isBeyond(body)) folded.push(body)
    else
      rows.push({
        ...{ id: newId(now), channel, lane, number, rank: rankOf(body), state: 'waiting' },
        ...{ event: body.event, wallet_id: body.walletId, body: JSON.stringify(body) },
        ...{ tries: 0, due_at: now, created_at: now, error: null },
      })
  }
  await outboxStore.insert(db, rows)
  if (pace) await queueStore.setTold(db, { id: channel, ...pace.told() })
  if (folded.length > 0) await fold(db, { channel, folded, number: wanted.at(-1)!.number, now })
  for (const row of rows) if (row.rank < RANKS.other) await outboxStore.hasten(db, row)
  if (rows.some(({ rank }) => rank === RANKS.critical)) await queueStore.hurry(db, channel, now)
}

/** How much more may be told by itself on a channel for people. */
async function paceOf({ clock, settings }: SpreadParts, db: Handle, channel: string) {
  const now = clock.now()
  const minute = Math.floor(now / 60_000)
  const most = settings()['notifications.rate_limit_rpm']
  const isNight = isQuiet(settings(), now)
  const queue = await queueStore.get(db, channel)
  let told = queue?.minute === minute ? queue.told : 0
  let waiting = await outboxStore.waiting(db, channel, most)
  return {
    isBeyond(body: NoticeBody): boolean {
      if (body.severity === 'critical') return false
      if (isNight && !isUrgent(settings(), body)) return true
      if (told >= most || waiting >= most) return true
      told += 1
      waiting += 1
      return false
    },
    told: () => ({ minute, told }),
  }
}

type Folding = { channel: string; folded: readonly NoticeBody[]; number: number; now: number }

async function fold(db: Handle, { channel, folded, number, now }: Folding): Promise<void> {
  const open = await outboxStore.openDigest(db, channel)
  // Written below.
  const before = open ? (JSON.parse(open.body) as DigestBody) : undefined
  const counts: Record<string, number> = { ...before?.counts }
  let severity: DigestBody['severity'] = before?.severity ?? 'info'
  for (const body of folded) {
    counts[body.event] = (counts[body.event] ?? 0) + 1
    severity = worse(severity, body.severity)
  }
  const times = folded.map(({ at }) => at)
  const body: DigestBody = {
    ...{ counts, severity },
    from: before?.from ?? Math.min(...times),
    until: Math.max(before?.until ?? 0, ...times),
  }
  if (open) {
    await outboxStore.setDigest(db, { id: open.id, body: JSON.stringify(body) })
    return
  }
  await outboxStore.insert(db, [
    {
      ...{ id: newId(now), channel, lane: DIGEST_LANE, number, rank: RANKS.other, state: 'open', event: 'DIGEST' },
      ...{ wallet_id: null, body: JSON.stringify(body), tries: 0, due_at: now + DIGEST_MS, created_at: now },
      error: null,
    },
  ])
}
