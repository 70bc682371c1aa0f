import type { Network } from '@waiaas/contract'

/** A request that cannot be signed now is looked at again after this. */
const AGAIN_MS = 2_000
/** By then a node that was behind has caught up, or tells no more of what it has not got. */
const CAUGHT_UP = { leastMs: 4_000, blocks: 3 }
/** Two looks further apart than this tell nothing about the time between them. */
const SIGHT_MS = 60_000

export type PutOff = ReturnType<typeof putOffs>

/** Requests of a lane that are not signed now: those that lack an input, and those that a look at the chain finds at fault. */
export function putOffs({ blockMs }: Pick<Network, 'blockMs'>, clock: () => number = () => performance.now()) {
  const until = new Map<string, number>()
  const faults = new Map<string, { since: number; last: number }>()
  const holdsAfterMs = Math.max(CAUGHT_UP.leastMs, CAUGHT_UP.blocks * blockMs)
  return {
    count: () => until.size,
    isOff: (id: string) => until.has(id),
    off(ids: Iterable<string>): void {
      for (const id of ids) until.set(id, clock() + AGAIN_MS)
    },
    /** Lets those whose time has come be looked at again. */
    wake(): void {
      const now = clock()
      for (const [id, at] of until) if (at <= now) until.delete(id)
      for (const [id, { last }] of faults) if (now - last > SIGHT_MS) faults.delete(id)
    },
    /** Notes that a look found it at fault; true when looks have found it so for as long as a node may be behind. */
    hasLasted(id: string): boolean {
      const now = clock()
      const { since } = faults.get(id) ?? { since: now }
      faults.set(id, { since, last: now })
      return now - since >= holdsAfterMs
    },
    sound: (id: string) => void faults.delete(id),
  }
}
