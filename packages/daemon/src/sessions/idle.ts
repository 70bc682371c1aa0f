import { isFailure } from '@waiaas/contract'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import type { SessionDependencies } from './dependencies.ts'
import { type SessionRow, sessionStore } from './store.ts'

/** So exactly it is kept when a session was used last. */
const NOTED_EVERY_MS = 60_000
const LOOK_MS = 60_000
/** Agents that were kept from calling while no daemon ran have so long to do so. */
const AFTER_START_MS = 600_000
const AT_ONCE = 100

/** Why the daemon ends a session by itself. */
export type Idle = { readonly lastUsed: number; readonly idleMs: number }
type IdleParts = Pick<SessionDependencies, 'database' | 'clock'> & {
  readonly log: Log
  /** After how long without a call a session is over, in milliseconds; undefined: never. */
  readonly idleMs: () => number | undefined
  /** Unless it was used since. */
  readonly revokeIdle: (id: string, idle: Idle) => Promise<void>
}

/** Notes when sessions are used, and ends those that are not. */
export function idleSessions({ database, clock, log, idleMs, revokeIdle }: IdleParts) {
  const noting = new Map<string, Promise<unknown>>()
  let watching: Loop | undefined

  /** What has failed leaves the session looking older than it is, until the next call. */
  const note = (id: string, at: number) =>
    database
      .work({}, (db) => sessionStore.use(db, { id, at }))
      .catch((error: unknown) => log.warn({ err: error, session: id }, 'that a session was used could not be noted'))
      .finally(() => noting.delete(id))

  async function end({ id, last_used_at: lastUsed }: Pick<SessionRow, 'id' | 'last_used_at'>, idle: number) {
    try {
      await revokeIdle(id, { lastUsed: lastUsed!, idleMs: idle })
    } catch (error) {
      // Somebody else has ended it, or removed it.
      if (!isFailure(error)) throw error
    }
  }

  /** Ends some of those that are idle; whether there may be more. */
  async function look(): Promise<boolean> {
    const idle = idleMs()
    if (idle === undefined) return false
    const now = clock.now()
    await database.work({}, (db) => sessionStore.useUnknown(db, now))
    const rows = await database.read((db) => sessionStore.idle(db, { before: now - idle, now, count: AT_ONCE }))
    for (const row of rows) await end(row, idle)
    return rows.length === AT_ONCE
  }

  return {
    look,
    /** A call of it came in. */
    used({ id, last_used_at: last }: SessionRow): void {
      const now = clock.now()
      if (last !== null && now < last + NOTED_EVERY_MS) return
      if (!noting.has(id)) noting.set(id, note(id, now))
    },
    start(): void {
      let isFirst = true
      watching = loop('idle sessions', log, async () => {
        if (isFirst) {
          isFirst = false
          return AFTER_START_MS
        }
        return (await look()) ? 0 : LOOK_MS
      })
    },
    async stop(): Promise<void> {
      await watching?.stop()
      await Promise.all(noting.values())
    },
  }
}
