import { uptime } from 'node:os'

/** Unix milliseconds that never run backwards; one per daemon, passed to whatever needs the time. */
export type Clock = { now(): number }

/** Where a clock reads: `wall` may be set by anybody, `running` counts on while the machine runs or sleeps. Milliseconds. */
export type TimeSources = { wall(): number; running(): number; warn(message: string): void }

/** A wall clock that gains more than this on the machine's own running time was set, and is not believed. */
const JUMP_MS = 5 * 60_000
/** Small corrections are taken over this often, so that they never add up to a jump. */
const COMPARE_MS = 10_000

const system: TimeSources = {
  wall: Date.now,
  running: () => uptime() * 1000,
  warn: (message) => process.emitWarning(message, 'ClockJump'),
}

/**
 * The wall clock, held at the highest time it has shown and never below `floor` (the mark a previous run stored). A clock
 * that is set back stands still until real time catches up; one that is set ahead by more than five minutes is followed at
 * its old distance until a restart. Either way no spending window opens early and no delay ends early.
 */
export function systemClock(floor = 0, { wall, running, warn }: TimeSources = system): Clock {
  let highest = floor
  let compared = { wall: wall(), running: running() }
  /** By how much the wall clock is ahead of the time that is believed. */
  let lead = 0

  function compare(at: number): void {
    const next = { wall: at, running: running() }
    const gained = next.wall - compared.wall - (next.running - compared.running)
    compared = next
    if (gained > JUMP_MS) {
      lead += gained
      warn(`the clock was set ahead by ${seconds(gained)} s; the old time goes on until the daemon is started again`)
    } else if (gained < -JUMP_MS) lead = Math.max(0, lead + gained)
  }

  return {
    now() {
      const at = wall()
      if (Math.abs(at - compared.wall) > COMPARE_MS) compare(at)
      if (at - lead > highest) highest = at - lead
      return highest
    },
  }
}

export const seconds = (ms: number): number => Math.floor(ms / 1000)
