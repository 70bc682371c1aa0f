import type { Database } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { KeyedMutex } from '../platform/keyed-mutex.ts'
import type { Log } from '../platform/log.ts'
import { findWallet } from './lookup.ts'
import type { Stops } from './stops.ts'

const FOLLOW_MS = 1_000

type Parts = { database: Database; log: Log; held: Held; stops: Pick<Stops, 'halt' | 'resume'> }
export type Halts = Pick<ReturnType<typeof halts>, 'halt' | 'resume'>

/**
 * The wallets that this process has halted. A halt lasts as long as its stop: where another replica has lifted that, the
 * database says so, and is followed.
 */
export function halts({ database, log, held, stops }: Parts, inTurn: KeyedMutex) {
  const halted = new Set<string>()
  let following: Loop | undefined

  const resume = (id: string): void => {
    halted.delete(id)
    stops.resume(id)
  }
  const follow = (id: string) =>
    inTurn(id, async () => {
      const status = (await database.read((db) => findWallet(db, id)))?.status
      if (status === 'ACTIVE' && halted.has(id) && !held.keeps(id)) resume(id)
      // Nothing lifts that stop.
      if (status === 'TERMINATED') halted.delete(id)
    })

  return {
    /** By whoever has the wallet's turn. */
    resume,
    /** Nothing of it is signed or sent for the first time when this resolves. */
    async halt(id: string): Promise<void> {
      halted.add(id)
      await stops.halt(id)
    },
    /** Looks each second where there may be other replicas. */
    start(): void {
      if (database.engine !== 'postgres') return
      following = loop('halted wallets', log, async () => {
        for (const id of halted) await follow(id)
        return FOLLOW_MS
      })
    },
    stop: async (): Promise<void> => following?.stop(),
  }
}
