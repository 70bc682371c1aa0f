import { Failure, isFailure, underWay } from '@waiaas/contract'
import type { Handle } from '../../platform/db/database.ts'
import type { Held } from '../../platform/held.ts'
import {
  type Counted,
  countedWaits,
  type MostWaits,
  type Waiter,
  type WaitingCall,
  type WaitTable,
  waitTable,
} from '../../platform/wait-table.ts'
import type { IsRepeat } from '../deciding/idempotency-store.ts'
import type { Parts } from '../job.ts'
import { groupBy } from '../lanes/group-by.ts'
import { isPlanSettled, isSettled } from './rules.ts'
import { type Followed, followed } from './store.ts'

/** Why sessions are open no more, by the id of each that is not; one that is gone is among them. */
type ClosedSessions = (db: Handle, ids: readonly string[]) => Promise<ReadonlyMap<string, Failure>>
export type WaitParts = Pick<Parts, 'database' | 'clock' | 'log'> & {
  closedSessions: ClosedSessions
  mostWaits: MostWaits
  held: Pick<Held, 'keeps'>
}
type Target = { readonly id: string; readonly isPlan?: boolean }
type Asked = {
  readonly wait?: number | undefined
  readonly seen?: string | undefined
  /** It is enough that it is signed and has a hash. */
  readonly isSent?: boolean
}
type Awaited = Required<Target> & {
  readonly seen: string | undefined
  readonly isSent?: boolean | undefined
  /** Milliseconds of the clock: a stop from then on ends it. */
  readonly since: number
}
/** `now` is what has become of it, in the words of its answer. */
type Told<Sent> = {
  send(): Promise<{ sent: Sent; isRepeat?: IsRepeat }>
  now(id: string): Promise<Partial<Sent>>
}

export type Waits = ReturnType<typeof waits>

/** Calls that wait for what becomes of transactions and plans; one query looks after all of them. */
export function waits(parts: WaitParts) {
  const { database, clock, log } = parts
  const counted = countedWaits(parts.mostWaits)
  const table: WaitTable<Awaited> = waitTable({
    name: 'waiting calls',
    log,
    commits: () => database.stats().commits,
    settled: (batch) => settled(parts, batch),
  })

  /** Resolves when it is settled or stopped, or the time is over. Failure of a session that has ended meanwhile. */
  async function follow(call: WaitingCall, of: Awaited, wait: number): Promise<void> {
    await table.wait(of, call, wait)
    const { principal } = call
    if (principal.kind !== 'agent') return
    const { sessionId } = principal
    const failure = (await database.read((db) => parts.closedSessions(db, [sessionId]))).get(sessionId)
    if (failure) throw failure
  }

  return {
    ...telling({ clock, log, counted, follow }),
    /** A stop may have ended some of them. */
    look: table.look,
    /** Answers all that wait now. */
    release: table.release,
    /** Answers all that wait, and whoever would wait from now on. */
    drain: table.drain,
    stop: table.stop,
  }
}

type Following = Pick<WaitParts, 'clock' | 'log'> & {
  counted: Counted
  follow(call: WaitingCall, of: Awaited, wait: number): Promise<void>
}

/** What calls that may wait are answered with. */
function telling({ clock, log, counted, follow }: Following) {
  return {
    /** What is shown, once it is settled or the time is over. Failures: those of `read`, and of a session that has ended. */
    async shown<T>(call: WaitingCall, asked: Target & Asked, read: () => Promise<T>): Promise<T> {
      const { id, isPlan = false, wait = 0, seen, isSent } = asked
      if (wait === 0) return read()
      return counted(call, async () => {
        const since = clock.now()
        // Nobody waits for what is not there, or is not theirs.
        await read()
        await follow(call, { id, isPlan, seen, isSent, since }, wait)
        return read()
      })
    },

    /** What was sent, with what has become of it once it is settled or the time is over; at once of what was sent before. */
    async sent<Sent extends { id: string }>(
      call: WaitingCall,
      { wait = 0, isPlan = false }: Asked & { isPlan?: boolean },
      { send, now }: Told<Sent>,
    ): Promise<Sent> {
      const since = clock.now()
      const run = async () => {
        const { sent, isRepeat } = await send()
        if (wait === 0 && !isRepeat) return sent
        try {
          if (wait > 0) await follow(call, { id: sent.id, isPlan, seen: undefined, since }, wait)
          return { ...sent, ...(await now(sent.id)) }
        } catch (error) {
          if (isFailure(error) && error.status === 401)
            throw new Failure(error.code, error.message, { details: { transactionId: sent.id } })
          // It is committed and was answered once: what has become of it can be asked for.
          log.warn({ err: error, transaction: sent.id }, 'what became of a request cannot be told with its answer')
          return sent
        }
      }
      return wait === 0 ? run() : counted(call, run)
    },

    /**
     * What is asked for under a key until it is there: where a failure says that it is under way, that is waited for, and it
     * is asked for again. Failures: those of `ask`, and of a session that has ended.
     */
    async signed<T>(call: WaitingCall, { wait = 0 }: Asked, ask: () => Promise<T>): Promise<T> {
      if (wait === 0) return ask()
      return counted(call, async () => {
        const [since, from] = [clock.now(), performance.now()]
        const left = () => wait - (performance.now() - from) / 1000
        try {
          return await ask()
        } catch (error) {
          const id = isFailure(error) ? underWay(error.details) : undefined
          if (id === undefined || left() <= 0) throw error
          await follow(call, { id, isPlan: false, seen: undefined, since }, left())
          if (left() <= 0) throw error
          return ask()
        }
      })
    },
  }
}

type Waiting = Waiter<Awaited>

/** Those of which there is something to say. */
async function settled({ database, closedSessions, held }: WaitParts, batch: readonly Waiting[]): Promise<Waiting[]> {
  const ids = batch.flatMap(({ of: { id, isPlan } }) => (isPlan ? [] : [id]))
  const plans = batch.flatMap(({ of: { id, isPlan } }) => (isPlan ? [id] : []))
  const sessions = batch.flatMap(({ call: { principal } }) => (principal.kind === 'agent' ? [principal.sessionId] : []))
  const { rows, closed } = await database.read(async (db) => ({
    rows: await followed(db, [...new Set(ids)], [...new Set(plans)]),
    closed: await closedSessions(db, [...new Set(sessions)]),
  }))
  const byId = groupBy(rows, ({ id }) => id)
  const byPlan = groupBy(rows, ({ plan_id }) => plan_id ?? '')
  const isStopped = ({ stopped_at, wallet_id }: Followed, since: number) =>
    (stopped_at !== null && stopped_at >= since) || held.keeps(wallet_id)
  return batch.filter(({ of: { id, isPlan, seen, isSent, since }, call: { principal } }) => {
    if (principal.kind === 'agent' && closed.has(principal.sessionId)) return true
    const [row, ...more] = (isPlan ? byPlan : byId).get(id) ?? []
    if (row === undefined || isStopped(row, since)) return true
    return isPlan ? isPlanSettled([row, ...more], seen) : isSettled(row, { seen, isSent })
  })
}
