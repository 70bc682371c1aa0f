import type { Clock } from './clock.ts'
import { type Database, type NoParams, statement } from './db/database.ts'
import { loop } from './jobs.ts'
import type { Log } from './log.ts'

type Mark = { id: number; high: number }
declare module './db/tables.ts' {
  interface Tables {
    clock_mark: Mark
  }
}

const EVERY_MS = 30_000
const read = statement<NoParams, Mark>((db) => db.selectFrom('clock_mark').selectAll().where('id', '=', 1))
const raise = statement<{ high: number }>((db, p) =>
  db
    .updateTable('clock_mark')
    .set({ high: p('high') })
    .where('id', '=', 1)
    .where('high', '<', p('high')),
)

/** The highest time that an earlier run has seen, below which time never goes again. */
export async function clockMark(database: Database) {
  const { high } = (await database.read((db) => db.get(read)))!
  const store = (clock: Clock) => database.work({}, (db) => db.run(raise, { high: clock.now() }))
  return {
    high,
    /** Stores the mark now and then, and at the end. */
    keep(clock: Clock, log: Log) {
      const keeping = loop('clock mark', log, async () => {
        await store(clock)
        return EVERY_MS
      })
      return {
        async stop() {
          await keeping.stop()
          await store(clock)
        },
      }
    },
  }
}
