import type { LiftedById } from '../types.ts'
import type { Used } from './lifts.ts'

/** The record of a lane goes out with each batch: it stays short. */
const MOST_USED = 100

export type UsedLifts = Used & {
  /** Takes in what an own record says. What is known already stays. */
  merge(record: LiftedById | undefined): void
  /** The field of a record, as JSON; nothing where there is none. */
  record(): string
}

/** Which lifts one address has used on one chain. `now` never goes back. */
export function usedLifts(now: () => number): UsedLifts {
  const uses = new Map<string, readonly [use: string, until: number]>()
  const forgetOld = () => {
    for (const [id, [, until]] of uses) if (until <= now()) uses.delete(id)
  }
  return {
    use: (id) => uses.get(id)?.[0],
    isFull() {
      forgetOld()
      return uses.size >= MOST_USED
    },
    note(id, use, until) {
      uses.set(id, [use, until])
    },
    merge(record = {}) {
      for (const [id, used] of Object.entries(record)) if (!uses.has(id)) uses.set(id, used)
    },
    record() {
      forgetOld()
      return uses.size === 0 ? '' : `,"lifted":${JSON.stringify(Object.fromEntries(uses))}`
    },
  }
}
