import type { Database } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import { keyedMutex } from '../platform/keyed-mutex.ts'
import type { Log } from '../platform/log.ts'
import type { Stops } from '../wallets/service.ts'
import { readKillSwitch } from './state.ts'
import type { KillSwitchState } from './store.ts'

const REFRESH_MS = 1_000

type FollowerParts = { database: Database; log: Log; held: Held; stops: Pick<Stops, 'halt' | 'resume'> }

/** Makes this process do as the database says. Its copy of the state refuses agents without asking the database. */
export function follower({ database, log, held, stops }: FollowerParts) {
  const inTurn = keyedMutex()
  let copy: KillSwitchState = 'ACTIVE'
  let refreshing: Loop | undefined

  async function follow(state: KillSwitchState): Promise<void> {
    const before = copy
    copy = state
    if (state === 'ACTIVE') {
      if (before !== 'ACTIVE') stops.resume()
    } else await stops.halt()
  }

  const refresh = () =>
    inTurn('switch', async () => {
      const { state } = await database.read((db) => readKillSwitch(db, held))
      if (state !== copy) await follow(state)
      return REFRESH_MS
    })

  return {
    current: (): KillSwitchState => copy,
    /** Changes the database, then this process; nothing comes between. */
    after: <T>(change: () => Promise<T>, state: KillSwitchState): Promise<T> =>
      inTurn('switch', async () => {
        const changed = await change()
        await follow(state)
        return changed
      }),
    /** Follows a state that is not in the database, if it still counts when its turn comes. */
    ahead: (state: KillSwitchState, counts: () => boolean): Promise<void> =>
      inTurn('switch', async () => {
        if (counts()) await follow(state)
      }),
    /** Reads the state, and again each second where other replicas may throw the switch. */
    async start(): Promise<void> {
      await refresh()
      if (database.engine === 'postgres') refreshing = loop('kill switch', log, refresh)
    },
    stop: async (): Promise<void> => refreshing?.stop(),
  }
}
