import type { Scope } from '../../platform/db/database.ts'
import type { Parts } from '../job.ts'
import { laneStore } from '../rows/lane-store.ts'

const LEASE_MS = 15_000
const LEASE_MARGIN_MS = 5_000

type Leased = {
  readonly id: string
  readonly network: string
  readonly walletId: () => string
  readonly scope: () => Scope
}
export type Lease = ReturnType<typeof lease>

/** The right of one process to sign for a lane, under a fence number that grows with each holder. */
export function lease({ clock, database, instance }: Parts, { id, network, walletId, scope }: Leased) {
  let held: { fence: number; until: number } | undefined
  let isDoubtful = false

  async function keep(fence: number, now: number): Promise<boolean> {
    const until = now + LEASE_MS
    const isKept = await database.work(scope(), (db) => laneStore.keepLease(db, { id, owner: instance, fence, until }))
    held = isKept ? { fence, until } : undefined
    return isKept
  }

  async function take(now: number): Promise<boolean> {
    const until = now + LEASE_MS
    // The data directory's lock admits one process to SQLite, so a lease of another one belongs to a process that is gone.
    const lapsed = database.engine === 'sqlite' ? Number.MAX_SAFE_INTEGER : now
    held = await database.work(scope(), async (db) => {
      await laneStore.insert(db, { id, wallet: walletId(), network })
      const fence = ((await laneStore.byId(db, id))?.fence ?? 0) + 1
      const isTaken = await laneStore.takeLease(db, { id, owner: instance, fence, until, now: lapsed })
      return isTaken ? { fence, until } : undefined
    })
    return held !== undefined
  }

  return {
    fence: () => held?.fence ?? -1,
    /** It may be being kept at this moment: what was watched under it is put in order again in any case. */
    drop() {
      held = undefined
      isDoubtful = true
    },
    /** Something went wrong: the lane is put in order again, as when it is taken. */
    doubt() {
      isDoubtful = true
    },
    /** Little of it is left, or nothing. */
    isDue: () => held === undefined || held.until - clock.latest() <= LEASE_MARGIN_MS,
    /** Takes or keeps it. `taken`: by now the lane is to be put in order first. */
    async hold(): Promise<'kept' | 'taken' | 'elsewhere'> {
      const now = clock.latest()
      const isKept = held && (held.until - now > LEASE_MARGIN_MS || (await keep(held.fence, now)))
      if (!isKept && !(await take(now))) return 'elsewhere'
      if (isKept && !isDoubtful) return 'kept'
      isDoubtful = false
      return 'taken'
    },
  }
}
