import { sql } from 'kysely'
import { machineTime, type SystemClock, systemClock, type TimeSources } from './clock.ts'
import { type Database, type Handle, type NoParams, statement } from './db/database.ts'
import { loop } from './jobs.ts'
import type { Log } from './log.ts'

type Mark = { id: number; high: number }
declare module './db/tables.ts' {
  interface Tables {
    clock_mark: Mark
  }
}

/** Replicas learn from the mark what one of them believes. */
const EVERY_MS = { sqlite: 30_000, postgres: 5_000 }
const mark = statement<NoParams, Mark>((db) => db.selectFrom('clock_mark').selectAll().where('id', '=', 1))
const raise = statement<{ high: number }>((db, p) =>
  db
    .updateTable('clock_mark')
    .set({ high: p('high') })
    .where('id', '=', 1)
    .where('high', '<', p('high')),
)
const serverTime = statement<NoParams, { at: number }>(
  () => sql<{ at: number }>`select cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint) as at`,
)

export type ClockMark = Awaited<ReturnType<typeof clockMark>>

/**
 * The clock of a daemon. It never goes below the highest time that any process of this database has stored. On PostgreSQL
 * its wall clock is the server's, so that all replicas agree; on SQLite the machine's.
 */
export async function clockMark(database: Database, machine: TimeSources = machineTime) {
  const isServer = database.engine === 'postgres'
  /** What the server's clock showed before `seenAt` of the monotonic clock, and so never ahead of it. */
  let server = { at: 0, seenAt: 0 }
  const wall = isServer ? () => Math.floor(server.at + performance.now() - server.seenAt) : machine.wall

  /** The stored mark. The server's clock is read on the way. */
  const look = async (): Promise<number> => {
    const { time, high } = await database.read(async (db) => {
      const at = isServer ? (await db.get(serverTime))!.at : 0
      const time = { at, seenAt: performance.now() }
      return { time, high: (await db.get(mark))!.high }
    })
    server = time
    return high
  }
  const clock: SystemClock = systemClock(await look(), { ...machine, wall })

  /** Takes over what other processes believe, and stores what this one does. */
  const exchange = async (): Promise<void> => {
    clock.believe(await look())
    await database.work({}, (db) => db.run(raise, { high: clock.now() }))
  }
  return {
    clock,
    exchange,
    /** Inside a job: from its commit on this time is believed here after `clock.believe`, and by every other process. */
    raise: async (db: Handle, at: number): Promise<void> => {
      await db.run(raise, { high: at })
    },
    /** Exchanges now and then, and at the end. */
    keep(log: Log) {
      const keeping = loop('clock mark', log, async () => {
        await exchange()
        return EVERY_MS[database.engine]
      })
      return {
        async stop() {
          await keeping.stop()
          await exchange()
        },
      }
    },
  }
}
