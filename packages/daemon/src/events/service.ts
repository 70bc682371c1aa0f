import { type DaemonEvent, type Failure, invalidField, parseEventId } from '@waiaas/contract'
import { type Place, type Placed, type PlacedPage, places } from '../audit/service.ts'
import { seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import {
  countedWaits,
  type MostWaits,
  type Waiter,
  type WaitingCall,
  type WaitTable,
  waitTable,
} from '../platform/wait-table.ts'

/** What is told of a transaction beside its event, as it is by now. */
type Fact = {
  readonly id: string
  readonly session_id: string | null
  readonly status: NonNullable<DaemonEvent['status']>
  readonly tx_hash: string | null
}
export type EventParts = {
  database: Database
  log: Log
  facts(db: Handle, ids: readonly string[]): Promise<readonly Fact[]>
  /** Why sessions are open no more, by the id of each that is not. */
  closedSessions(db: Handle, ids: readonly string[]): Promise<ReadonlyMap<string, Failure>>
  mostWaits: MostWaits
}
type Asked = { after?: string | undefined; limit: number; wait?: number | undefined }
type Told = { data: DaemonEvent[]; lastEventId: string }
type Page = PlacedPage & { readonly facts: ReadonlyMap<string, Fact> }
export type EventsService = ReturnType<typeof eventsService>

/** Pages that one call looks through for events of its session. */
const MOST_PAGES = 20
const HASH_DIGITS = 16

/** Events in the order in which their evidence was signed: to a session of what it asked for, to the operator of all. */
export function eventsService(parts: EventParts) {
  const { database, log } = parts
  const table: WaitTable<Place> = waitTable({
    name: 'calls that wait for events',
    log,
    commits: () => database.stats().commits,
    settled: (batch) => settled(parts, batch),
  })
  const counted = countedWaits(parts.mostWaits)
  const read = sharedPages(parts)

  async function follow(call: WaitingCall, { after, limit, wait = 0 }: Asked): Promise<Told> {
    const sessionId = call.principal.kind === 'agent' ? call.principal.sessionId : undefined
    const until = performance.now() + 1_000 * wait
    const begin = await database.read((db) => startOf(db, after))
    if (after === undefined && wait === 0) return { data: [], lastEventId: begin.id }
    let place = begin.place
    for (let pages = 1; ; pages++) {
      const page = await read(place, limit)
      const data = page.rows.flatMap((placed) => eventOf(placed, { sessionId, facts: page.facts }))
      place = page.next
      const left = (until - performance.now()) / 1_000
      const isThrough = page.isEnd ? left <= 0 : pages >= MOST_PAGES
      const told = { data, lastEventId: idOf(place, page.hash) }
      if (data.length > 0 || isThrough) return told
      if (!page.isEnd) continue
      const isNew = await table.wait(place, call, left)
      if (sessionId !== undefined) await requireOpen(parts, sessionId)
      if (!isNew) return told
      pages = 0
    }
  }

  return {
    /** The next events behind a place, at once or as soon as there are some. Failure of a session that ends meanwhile. */
    list: (call: WaitingCall, asked: Asked): Promise<Told> =>
      asked.wait ? counted(call, () => follow(call, asked)) : follow(call, asked),
    /** Answers all that wait now. */
    release: table.release,
    /** Answers all that wait, and whoever would wait from now on. */
    drain: table.drain,
    async stop(): Promise<void> {
      table.drain()
      await table.stop()
    },
  }
}

async function settled(
  { database, closedSessions }: EventParts,
  batch: readonly Waiter<Place>[],
): Promise<Waiter<Place>[]> {
  const sessions = batch.flatMap(({ call: { principal } }) => (principal.kind === 'agent' ? [principal.sessionId] : []))
  const { newest, closed } = await database.read(async (db) => ({
    newest: await places.newest(db),
    closed: await closedSessions(db, [...new Set(sessions)]),
  }))
  return batch.filter(
    ({ of, call: { principal } }) =>
      newest > of.checkpoint || (principal.kind === 'agent' && closed.has(principal.sessionId)),
  )
}

async function requireOpen({ database, closedSessions }: EventParts, sessionId: string): Promise<void> {
  const failure = (await database.read((db) => closedSessions(db, [sessionId]))).get(sessionId)
  if (failure) throw failure
}

/** Those that ask at the same moment for what comes behind the same place read it once. */
function sharedPages({ database, facts }: EventParts) {
  const reading = new Map<string, Promise<Page>>()
  return (place: Place, limit: number): Promise<Page> => {
    const key = `${place.checkpoint}-${place.passed}-${limit}`
    const known = reading.get(key)
    if (known) return known
    const page = database
      .read(async (db) => {
        const found = await places.after(db, place, { count: limit })
        const ids = found.rows.flatMap(({ row }) => (row.tx_id === null ? [] : [row.tx_id]))
        const all = await facts(db, [...new Set(ids)])
        return { ...found, facts: new Map(all.map((fact) => [fact.id, fact])) }
      })
      .finally(() => reading.delete(key))
    reading.set(key, page)
    return page
  }
}

const idOf = ({ checkpoint, passed }: Place, hash: string): string =>
  `${checkpoint}-${passed}-${hash.slice(0, HASH_DIGITS)}`

/** Where to begin: behind the event that is named, or behind all that there is. */
async function startOf(db: Handle, after: string | undefined): Promise<{ place: Place; id: string }> {
  if (after === undefined) {
    const { place, hash } = await places.end(db)
    return { place, id: idOf(place, hash) }
  }
  const { hash, ...place } = parseEventId(after)
  if ((await places.hashAt(db, place))?.slice(0, HASH_DIGITS) === hash) return { place, id: after }
  throw invalidField(
    'after',
    'expected the id of an event of this daemon; it has not told this one, or has been restored since: begin without it',
  )
}

type Seen = { sessionId: string | undefined; facts: Page['facts'] }

/** What a caller is told of a row: a session of its own transactions, and not who did what from where. */
function eventOf({ row, place, hash }: Placed, { sessionId, facts }: Seen): DaemonEvent[] {
  const fact = row.tx_id === null ? undefined : facts.get(row.tx_id)
  const askedBy = fact?.session_id ?? row.session_id
  if (sessionId !== undefined && (row.tx_id === null || askedBy !== sessionId)) return []
  return [
    {
      id: idOf(place, hash),
      event: row.event,
      // Written by `record`, which takes it from the table of events.
      severity: row.severity as DaemonEvent['severity'],
      at: seconds(row.at),
      walletId: row.wallet_id,
      transactionId: row.tx_id,
      sessionId: askedBy,
      status: fact?.status ?? null,
      txHash: fact?.tx_hash ?? null,
      ...(sessionId === undefined && {
        actor: row.actor,
        // Written by `record` as an object.
        details: JSON.parse(row.details) as Record<string, unknown>,
      }),
    },
  ]
}
