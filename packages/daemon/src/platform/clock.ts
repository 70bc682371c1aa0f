/** Unix milliseconds that never run backwards; one per daemon, passed to whatever needs the time. */
export type Clock = { now(): number }

/**
 * The wall clock, held at the highest time it has shown and never below `floor` (the mark a previous run stored).
 * A clock that is set back stands still until real time catches up, so that no spending window opens early.
 */
export function systemClock(floor = 0): Clock {
  let highest = floor
  return {
    now() {
      const wall = Date.now()
      if (wall > highest) highest = wall
      return highest
    },
  }
}

export const seconds = (ms: number): number => Math.floor(ms / 1000)
