import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import { type Database, type Handle, statement } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { requestsBetween } from './day-store.ts'

/** A session that has an end, in unix milliseconds. */
type Ending = { readonly id: string; readonly startedAt: number; readonly expiresAt: number }
type Endpoint = { readonly failureCount: number; readonly hasServed: boolean }
export type WatchParts = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly audit: Pick<Audit, 'record'>
  /** Open sessions that end between two times. */
  readonly ending: (db: Handle, between: { from: number; until: number }) => Promise<readonly Ending[]>
  readonly rpc: () => { readonly networks: Record<string, readonly Endpoint[]>; readonly used: readonly string[] }
}

/** What was told and holds still, so that it is told once. */
type StateRow = { id: string; since: number }
declare module '../platform/db/tables.ts' {
  interface Tables {
    notice_states: StateRow
  }
}
const enter = statement<StateRow>((db, p) =>
  db
    .insertInto('notice_states')
    .values({ id: p('id'), since: p('since') })
    .onConflict((on) => on.doNothing()),
)
const byId = statement<{ id: string }, StateRow>((db, p) =>
  db.selectFrom('notice_states').selectAll().where('id', '=', p('id')),
)
const leave = statement<{ id: string }>((db, p) => db.deleteFrom('notice_states').where('id', '=', p('id')))
const forget = statement<{ before: number }>((db, p) =>
  db.deleteFrom('notice_states').where('id', 'not like', 'rpc:%').where('since', '<', p('before')),
)

const LOOK_MS = 15_000
const DAY_MS = 86_400_000
const KEPT_MS = 30 * DAY_MS
/** A session is near its end when so little of it is left: one that renews itself never gets there. */
const LAST_PART = 10
/** An endpoint that failed rests before it is asked again: one that failed as often is not just having a bad minute. */
const AGAIN = 2
/** An outage that is shorter is the ordinary life of a network. */
const OUTAGE_MS = 60_000

/** Sees what happens by itself, as time passes or nodes go away, and records it once among all replicas. */
export function watcher(parts: WatchParts) {
  const { database, clock, log } = parts
  const failingSince = new Map<string, number>()
  /** The day that is known to be told of. */
  let toldDay = 0

  async function sessions(now: number): Promise<void> {
    const range = { from: now - DAY_MS, until: now + DAY_MS }
    const found = await database.read((db) => parts.ending(db, range))
    for (const { id, startedAt, expiresAt } of found) {
      const soon = expiresAt - Math.min(DAY_MS, (expiresAt - startedAt) / LAST_PART)
      if (expiresAt <= now)
        await once(parts, `session:${id}:${expiresAt}:over`, { event: 'SESSION_EXPIRED', id, expiresAt })
      else if (soon <= now)
        await once(parts, `session:${id}:${expiresAt}:soon`, { event: 'SESSION_EXPIRING_SOON', id, expiresAt })
    }
  }

  async function networks(now: number): Promise<void> {
    const { networks: all, used } = parts.rpc()
    for (const network of used) {
      const endpoints = all[network] ?? []
      const isDown = endpoints.length > 0 && endpoints.every(({ failureCount }) => failureCount > 0)
      if (!isDown) {
        failingSince.delete(network)
        // After a start nothing has failed yet, and nothing has answered.
        if (endpoints.some(answers)) await recovered(parts, network, now)
        await weighed(parts, network, { endpoints, now })
        continue
      }
      const since = failingSince.get(network) ?? now
      failingSince.set(network, since)
      if (now - since >= OUTAGE_MS) await failed(parts, network, { since, endpoints: endpoints.length })
    }
  }

  /** Of the day before this one, by UTC. */
  async function day(now: number): Promise<void> {
    const until = now - (now % DAY_MS)
    if (toldDay === until) return
    await summed(parts, until - DAY_MS, until)
    toldDay = until
  }

  async function look(): Promise<void> {
    const now = clock.now()
    await day(now)
    await sessions(now)
    await networks(now)
    await database.work({}, (db) => db.run(forget, { before: now - KEPT_MS }))
  }

  let looking: Loop | undefined
  return {
    look,
    start(): void {
      looking = loop('what happens by itself', log, async () => {
        await look()
        return LOOK_MS
      })
    },
    stop: async (): Promise<void> => looking?.stop(),
  }
}

type Ended = {
  readonly event: 'SESSION_EXPIRED' | 'SESSION_EXPIRING_SOON'
  readonly id: string
  readonly expiresAt: number
}

async function once(
  { database, clock, audit }: WatchParts,
  state: string,
  { event, id, expiresAt }: Ended,
): Promise<void> {
  if (await database.read((db) => db.get(byId, { id: state }))) return
  await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
    if ((await db.run(enter, { id: state, since: clock.now() })).changes === 0) return
    const about = { actor: 'system', sessionId: id, details: { expiresAt } } as const
    if (event === 'SESSION_EXPIRED') await audit.record(db, { event: 'SESSION_EXPIRED', ...about })
    else await audit.record(db, { event: 'SESSION_EXPIRING_SOON', ...about })
  })
}

const answers = ({ failureCount, hasServed }: Endpoint): boolean => failureCount === 0 && hasServed
const outageOf = (network: string) => `rpc:${network}`

async function failed(
  { database, audit }: WatchParts,
  network: string,
  { since, endpoints }: { since: number; endpoints: number },
): Promise<void> {
  const id = outageOf(network)
  if (await database.read((db) => db.get(byId, { id }))) return
  await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
    if ((await db.run(enter, { id, since })).changes === 0) return
    await audit.record(db, { event: 'RPC_ALL_FAILED', actor: 'system', details: { network, endpoints } })
  })
}

async function recovered({ database, audit }: WatchParts, network: string, now: number): Promise<void> {
  const id = outageOf(network)
  if (!(await database.read((db) => db.get(byId, { id })))) return
  await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
    const row = await db.get(byId, { id })
    if (!row || (await db.run(leave, { id })).changes === 0) return
    const seconds = Math.round((now - row.since) / 1_000)
    await audit.record(db, { event: 'RPC_RECOVERED', actor: 'system', details: { network, seconds } })
  })
}

type Weighed = { readonly endpoints: readonly Endpoint[]; readonly now: number }

/** Tells once, while some answer and some do not, until all have answered. */
async function weighed({ database, audit }: WatchParts, network: string, { endpoints, now }: Weighed): Promise<void> {
  const id = `${outageOf(network)}:some`
  const failing = endpoints.filter(({ failureCount }) => failureCount >= AGAIN).length
  const isWhole = endpoints.every(({ failureCount }) => failureCount === 0)
  const isKnown = (await database.read((db) => db.get(byId, { id }))) !== undefined
  if (isKnown && isWhole) await database.work({}, (db) => db.run(leave, { id }))
  if (isKnown || failing === 0) return
  await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
    if ((await db.run(enter, { id, since: now })).changes === 0) return
    const details = { network, failing, endpoints: endpoints.length }
    await audit.record(db, { event: 'RPC_HEALTH_DEGRADED', actor: 'system', details })
  })
}

async function summed({ database, clock, audit }: WatchParts, from: number, until: number): Promise<void> {
  const day = new Date(from).toISOString().slice(0, 10)
  const id = `day:${day}`
  if (await database.read((db) => db.get(byId, { id }))) return
  const counts = await database.read((db) => requestsBetween(db, from, until))
  if (!counts) return
  await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
    if ((await db.run(enter, { id, since: clock.now() })).changes === 0) return
    await audit.record(db, { event: 'DAILY_SUMMARY', actor: 'system', details: { day, ...counts } })
  })
}
