import { Failure, isFailure } from '@waiaas/contract'
import type { Principal } from '../../platform/caller.ts'
import type { Handle } from '../../platform/db/database.ts'
import type { Held } from '../../platform/held.ts'
import { type Loop, loop } from '../../platform/jobs.ts'
import type { Parts } from '../job.ts'
import { groupBy } from '../lanes/group-by.ts'
import { isPlanSettled, isSettled } from './rules.ts'
import { type Followed, followed } from './store.ts'

/** Why sessions are open no more, by the id of each that is not; one that is gone is among them. */
type ClosedSessions = (db: Handle, ids: readonly string[]) => Promise<ReadonlyMap<string, Failure>>
export type WaitParts = Pick<Parts, 'database' | 'clock' | 'log'> & {
  closedSessions: ClosedSessions
  /** Calls that may wait at once: of one caller, and all. */
  mostWaits(): { readonly caller: number; readonly all: number }
  held: Pick<Held, 'keeps'>
}
/** The call that waits. */
type Caller = { readonly principal: Principal<'agent' | 'operator'>; readonly onGone: (listener: () => void) => void }
type Target = { readonly id: string; readonly isPlan?: boolean }
type Asked = { readonly wait?: number | undefined; readonly seen?: string | undefined }
type Waiter = Required<Target> & {
  readonly caller: Caller
  /** Milliseconds of the clock: a stop from then on ends it. */
  readonly since: number
  /** Milliseconds of the process. */
  readonly until: number
  readonly seen: string | undefined
  readonly end: () => void
}
type Told<Sent> = { send(): Promise<Sent>; now(id: string): Promise<Partial<Sent>> }

/** Between two looks at what has changed here, and at what another replica may have changed. */
const TICK_MS = 25
const ANYWAY_MS = 500
/** Looks take no larger part of the time than this. */
const SPARE = 10
const IDLE_MS = 60_000

export type Waits = ReturnType<typeof waits>

/**
 * Calls that wait for what becomes of transactions and plans. They are one table in memory; one query looks after all of
 * them, when something was committed here, and twice a second.
 */
export function waits(parts: WaitParts) {
  const counted = counting(parts)
  const table = waitTable(parts)
  const { follow } = table

  return {
    /** What is shown, once it is settled or the time is over. Failures: those of `read`, and of a session that has ended. */
    async shown<T>(caller: Caller, { wait = 0, seen, ...target }: Target & Asked, read: () => Promise<T>): Promise<T> {
      if (wait === 0) return read()
      return counted(caller, async () => {
        const since = parts.clock.now()
        // Nobody waits for what is not there, or is not theirs.
        await read()
        await follow({ ...target, caller, seen, since, wait })
        return read()
      })
    },

    /** What was sent, with what has become of it once it is settled or the time is over. */
    async sent<Sent extends { id: string }>(
      caller: Caller,
      { wait = 0, isPlan = false }: Asked & { isPlan?: boolean },
      { send, now }: Told<Sent>,
    ): Promise<Sent> {
      if (wait === 0) return send()
      return counted(caller, async () => {
        const since = parts.clock.now()
        const sent = await send()
        try {
          await follow({ id: sent.id, isPlan, caller, seen: undefined, since, wait })
          return { ...sent, ...(await now(sent.id)) }
        } catch (error) {
          if (isFailure(error) && error.status === 401)
            throw new Failure(error.code, error.message, { details: { transactionId: sent.id } })
          // It is committed and was answered once: what has become of it can be asked for.
          parts.log.warn(
            { err: error, transaction: sent.id },
            'what became of a request cannot be told with its answer',
          )
          return sent
        }
      })
    },

    /** A stop may have ended some of them. */
    look: table.look,
    /** Answers all that wait now. */
    release: table.release,
    /** Answers all that wait, and whoever would wait from now on. */
    drain: table.drain,
    stop: table.stop,
  }
}

/** Runs calls that count as a connection for as long. Failure RATE_LIMITED. */
function counting({ mostWaits }: Pick<WaitParts, 'mostWaits'>) {
  const counts = new Map<string, number>()
  let all = 0
  return async <T>({ principal }: Caller, call: () => Promise<T>): Promise<T> => {
    const name = principal.kind === 'agent' ? principal.sessionId : principal.kind
    const of = counts.get(name) ?? 0
    const most = mostWaits()
    if (of >= most.caller || all >= most.all)
      throw new Failure('RATE_LIMITED', 'too many calls wait already; without wait it is answered at once', {
        retryAfter: 1,
      })
    counts.set(name, of + 1)
    all += 1
    try {
      return await call()
    } finally {
      const left = counts.get(name)! - 1
      if (left === 0) counts.delete(name)
      else counts.set(name, left)
      all -= 1
    }
  }
}

function waitTable(parts: WaitParts) {
  const { database, log } = parts
  const waiting = new Set<Waiter>()
  let isDraining = false
  let isForced = false
  let seenCommits = -1
  let lookedAt = 0
  let looking: Loop | undefined

  function expire(): void {
    const now = performance.now()
    for (const waiter of waiting) if (waiter.until <= now) waiter.end()
  }

  async function run(): Promise<number> {
    expire()
    if (waiting.size === 0) return IDLE_MS
    const startedAt = performance.now()
    const { commits } = database.stats()
    if (isForced || commits !== seenCommits || startedAt - lookedAt >= ANYWAY_MS) {
      isForced = false
      const batch = [...waiting]
      for (const waiter of await settled(parts, batch)) waiter.end()
      seenCommits = commits
      lookedAt = startedAt
    }
    const tookMs = performance.now() - startedAt
    const nextEnd = Math.min(...[...waiting].map(({ until }) => until - performance.now()))
    return Math.max(0, Math.min(ANYWAY_MS, nextEnd, Math.max(TICK_MS, SPARE * tookMs)))
  }

  function look(): void {
    isForced = true
    looking?.wake()
  }

  const release = () => {
    for (const waiter of waiting) waiter.end()
  }

  function wait({ isPlan = false, wait: seconds, ...asked }: Following): Promise<void> {
    if (isDraining) return Promise.resolve()
    return new Promise<void>((resolve) => {
      const end = () => {
        if (waiting.delete(waiter)) resolve()
      }
      const waiter: Waiter = { ...asked, isPlan, until: performance.now() + 1_000 * seconds, end }
      waiting.add(waiter)
      asked.caller.onGone(end)
      looking ??= loop('waiting calls', log, run)
      look()
    })
  }

  return {
    look,
    release,
    drain() {
      isDraining = true
      release()
    },
    async stop() {
      await looking?.stop()
    },
    /** Resolves when it is settled, stopped, or the time is over. Failure of a session that has ended meanwhile. */
    async follow(asked: Following): Promise<void> {
      await wait(asked)
      const { principal } = asked.caller
      if (principal.kind !== 'agent') return
      const { sessionId } = principal
      const failure = (await database.read((db) => parts.closedSessions(db, [sessionId]))).get(sessionId)
      if (failure) throw failure
    },
  }
}
type Following = Target & Pick<Waiter, 'caller' | 'since' | 'seen'> & { readonly wait: number }

/** Those of which there is something to say. */
async function settled({ database, closedSessions, held }: WaitParts, batch: readonly Waiter[]): Promise<Waiter[]> {
  const ids = batch.flatMap(({ id, isPlan }) => (isPlan ? [] : [id]))
  const plans = batch.flatMap(({ id, isPlan }) => (isPlan ? [id] : []))
  const sessions = batch.flatMap(({ caller: { principal } }) =>
    principal.kind === 'agent' ? [principal.sessionId] : [],
  )
  const { rows, closed } = await database.read(async (db) => ({
    rows: await followed(db, [...new Set(ids)], [...new Set(plans)]),
    closed: await closedSessions(db, [...new Set(sessions)]),
  }))
  const byId = groupBy(rows, ({ id }) => id)
  const byPlan = groupBy(rows, ({ plan_id }) => plan_id ?? '')
  const isStopped = ({ stopped_at, wallet_id }: Followed, since: number) =>
    (stopped_at !== null && stopped_at >= since) || held.keeps(wallet_id)
  return batch.filter(({ id, isPlan, caller: { principal }, seen, since }) => {
    if (principal.kind === 'agent' && closed.has(principal.sessionId)) return true
    const [row, ...more] = (isPlan ? byPlan : byId).get(id) ?? []
    if (row === undefined || isStopped(row, since)) return true
    return isPlan ? isPlanSettled([row, ...more], seen) : isSettled(row, seen)
  })
}
