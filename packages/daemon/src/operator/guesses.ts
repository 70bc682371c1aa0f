import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '@waiaas/contract'

/** Attempts that wait for their turn: of a group those that stop something, and the others. */
type Lane = Waiting[]
type Waiting = {
  /** The same for the same text: who repeats it guesses once. */
  readonly guess: string
  readonly turn: Promise<void>
  readonly go: () => void
  readonly refuse: (error: Failure) => void
}
type Attempt = { readonly guess: string; readonly isStop: boolean }
type Group = { failures: number; lastAt: number; stops: Lane; others: Lane; isPumping: boolean }
type Parts = {
  monotonic: () => number
  pause?: ((ms: number) => Promise<unknown>) | undefined
  /** The code of what is told to whom too many wait before. */
  refusal?: 'MASTER_PASSWORD_LOCKED' | 'RATE_LIMITED'
}

const WINDOW_MS = 60_000
/** Wrong ones within the window before attempts wait; one where many groups guess at once. */
const FREE_FAILURES = 5
const MANY_FAILURES = 100
/** Between two attempts of a group that has to wait; doubles with every twenty wrong ones. */
const SHORTEST_MS = 250
const LONGEST_MS = 2_000
const FAILURES_TO_DOUBLE = 20
const MOST_WAITING = 4
/** Groups remembered at once; the one that failed longest ago is forgotten first. */
const MOST_GROUPS = 10_000

export type Guesses = ReturnType<typeof guesses>

/**
 * Makes guessing slow, and lets nobody's guesses keep out somebody else: attempts of one peer group are looked at one
 * after the other once five were wrong within a minute, whether they are right or not; else waiting would tell which are.
 */
export function guesses({
  monotonic,
  pause = (ms) => sleep(ms, undefined, { ref: false }),
  refusal = 'MASTER_PASSWORD_LOCKED',
}: Parts) {
  const groups = new Map<string, Group>()
  const everybody = { failures: 0, since: 0 }

  /** Undefined where nothing of the group counts any more. */
  function known(name: string): Group | undefined {
    const group = groups.get(name)
    if (!group || group.isPumping || monotonic() < group.lastAt + WINDOW_MS) return group
    groups.delete(name)
    return undefined
  }

  const isMany = () => monotonic() < everybody.since + WINDOW_MS && everybody.failures > MANY_FAILURES

  /** The newest goes first: who floods pushes out what is its own. */
  async function pump(group: Group): Promise<void> {
    group.isPumping = true
    while (group.stops.length + group.others.length > 0) {
      await pause(intervalOf(group))
      const next = group.stops.pop() ?? group.others.pop()
      next?.go()
    }
    group.isPumping = false
  }

  return {
    /** Undefined where an attempt may be looked at now; else resolves when it may. Failure MASTER_PASSWORD_LOCKED. */
    turn(name: string, { guess, isStop }: Attempt): Promise<void> | undefined {
      const group = known(name)
      if (!group || group.failures < (isMany() ? 1 : FREE_FAILURES)) return undefined
      const lane = isStop ? group.stops : group.others
      const same = lane.find((waiting) => waiting.guess === guess)
      if (same) return same.turn
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      lane.push({ guess, turn: promise, go: resolve, refuse: reject })
      if (lane.length > MOST_WAITING) lane.shift()?.refuse(tooMany(refusal, intervalOf(group)))
      if (!group.isPumping) void pump(group)
      return promise
    },
    failed(name: string): void {
      const now = monotonic()
      const group = known(name) ?? { failures: 0, lastAt: now, stops: [], others: [], isPumping: false }
      group.failures += 1
      group.lastAt = now
      groups.delete(name)
      groups.set(name, group)
      if (groups.size > MOST_GROUPS) forgetOldest(groups)
      if (now >= everybody.since + WINDOW_MS) Object.assign(everybody, { failures: 0, since: now })
      everybody.failures += 1
    },
    /** One that was counted before it was known turned out to be right. */
    wasRight(name: string): void {
      const group = groups.get(name)
      if (group) group.failures -= 1
      everybody.failures -= 1
    },
  }
}

const intervalOf = ({ failures }: Group): number =>
  Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.floor(failures / FAILURES_TO_DOUBLE))

function tooMany(code: NonNullable<Parts['refusal']>, waitMs: number): Failure {
  const retryAfter = Math.ceil((waitMs * MOST_WAITING) / 1000)
  return new Failure(code, 'too many passwords from this address wait to be checked', {
    retryAfter,
  })
}

function forgetOldest(groups: Map<string, Group>): void {
  for (const [oldest] of groups) {
    groups.delete(oldest)
    return
  }
}
