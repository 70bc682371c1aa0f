import { forgetSession } from '../ledger/service.ts'
import type { Database } from '../platform/db/database.ts'
import { sessionStore } from './store.ts'

/** Removes some sessions that ended before then; one of which money is still open stays. How many. */
export async function forgetSessions(database: Database, before: number, count: number): Promise<number> {
  const ids = await database.read((db) => sessionStore.endedBefore(db, before, count))
  let forgotten = 0
  for (const id of ids) {
    const isForgotten = await database.work({ shared: ['system'], exclusive: [`session:${id}`] }, async (db) => {
      const isOver = await forgetSession(db, id)
      if (isOver) await sessionStore.remove(db, id)
      return isOver
    })
    if (isForgotten) forgotten++
  }
  return forgotten
}
