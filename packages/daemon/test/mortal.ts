import type { Database } from '../src/platform/db/database.ts'

class Killed extends Error {}
export const isKilling = (error: unknown): boolean => error instanceof Killed

/**
 * Test support: a database as one process sees it that can die. What a dead process began is rolled back, what it committed
 * stays, and it reads and writes nothing from then on.
 */
export function mortal(database: Database): { database: Database; kill(): void } {
  let isDead = false
  const live = () => {
    if (isDead) throw new Killed('the process was killed')
  }
  return {
    kill() {
      isDead = true
    },
    database: {
      ...database,
      async read(fn) {
        live()
        return database.read(fn)
      },
      async work(scope, fn) {
        live()
        return database.work(scope, async (db) => {
          live()
          const done = await fn(db)
          live()
          return done
        })
      },
      async hold(scope, fn) {
        live()
        return database.hold(scope, fn)
      },
      close: async () => undefined,
    },
  }
}
