import { uptime } from 'node:os'

/** Unix milliseconds in two readings, which are the same unless the wall clock is not believed; one clock per daemon. */
export type Clock = {
  /** The earliest it may be, which never runs backwards: for windows, delays and whatever begins with time. */
  now(): number
  /** The latest it may be: for sessions, approvals and whatever ends with time. What is set by it is compared with it. */
  latest(): number
}
/** The wall clock is this much ahead of the believed time, and is not followed: after a start, or since it jumped. */
export type Hold = { readonly since: 'start' | 'jump'; readonly aheadMs: number }
export type SystemClock = Clock & {
  held(): Hold | undefined
  /** It is at least this late. A wall clock that is no more than five minutes ahead of that is followed again. */
  believe(at: number): void
}

/** Where a clock reads: `wall` may be set by anybody, `running` counts on while the machine runs or sleeps. Milliseconds. */
export type TimeSources = { wall(): number; running(): number; warn(message: string): void }

/** A wall clock that gains more than this on the machine's own running time was set, and is not believed. */
export const JUMP_MS = 5 * 60_000
/** Small corrections are taken over this often, so that they never add up to a jump. */
const COMPARE_MS = 10_000

export const machineTime: TimeSources = {
  wall: Date.now,
  running: () => uptime() * 1000,
  warn: (message) => process.emitWarning(message, 'ClockJump'),
}

/**
 * Beside the wall clock a second time runs on, by the machine's own running time, from what was last believed. The
 * earliest it may be is the lower of the two, held at the highest it has shown; the latest is the higher. They part when
 * the wall clock jumps by more than five minutes, and at a start that finds it so far from `mark`, which an earlier run
 * stored (0: none did); they meet again when the wall clock comes back, or is believed.
 */
export function systemClock(mark = 0, { wall, running, warn }: TimeSources = machineTime): SystemClock {
  let highest = mark
  let compared = { wall: wall(), running: running() }
  /** The wall clock less the time that runs on. */
  let ahead = mark === 0 ? 0 : jump(compared.wall - mark)
  let since: Hold['since'] = 'start'

  function read(): number {
    const at = wall()
    if (Math.abs(at - compared.wall) <= COMPARE_MS) return at
    const next = { wall: at, running: running() }
    const gained = jump(next.wall - compared.wall - (next.running - compared.running))
    compared = next
    if (gained !== 0) ahead = jump(ahead + gained)
    if (gained > 0 && ahead > 0) {
      since = 'jump'
      warn(`the clock was set ahead by ${seconds(gained)} s; the old time goes on until that is acknowledged`)
    }
    return at
  }

  function now(): number {
    highest = Math.max(highest, read() - Math.max(0, ahead))
    return highest
  }

  return {
    now,
    latest: () => Math.max(now(), read() - Math.min(0, ahead)),
    held() {
      read()
      return ahead > 0 ? { since, aheadMs: ahead } : undefined
    },
    believe(at) {
      if (at <= now()) return
      highest = at
      if (ahead > 0) ahead = Math.max(0, jump(read() - at))
    },
  }
}

/** Nothing, unless it is more than may happen by itself. Whole milliseconds: running time has fractions. */
const jump = (ms: number): number => (Math.abs(ms) > JUMP_MS ? Math.ceil(ms) : 0)

export const seconds = (ms: number): number => Math.floor(ms / 1000)
