import { type SystemClock, systemClock } from '../../packages/daemon/src/platform/clock.ts'

const START = Date.UTC(2026, 0, 1)
const HOUR = 3_600

/** Test support: a machine whose wall clock somebody sets while it runs; its clock is the daemon's. Seconds. */
export function jumpyMachine() {
  const at = { wall: START, running: 0 }
  const sources = { wall: () => at.wall, running: () => at.running, warn: () => undefined }
  let clock: SystemClock = systemClock(0, sources)
  const set = (seconds: number) => {
    at.wall += seconds * 1_000
    // As some job does soon after.
    clock.now()
  }
  const run = (seconds: number) => {
    // Within so short a time nothing counts as a jump.
    for (let left = seconds; left > 0; left -= HOUR) {
      at.wall += Math.min(left, HOUR) * 1_000
      at.running += Math.min(left, HOUR) * 1_000
      clock.now()
    }
  }
  const never = () => {
    throw new Error('the machine runs, or its clock is set')
  }
  return {
    /** As the daemon has it. */
    clock: () => ({ now: () => clock.now(), latest: () => clock.latest(), pass: never, hold: never }),
    run,
    set,
    /** The daemon stops, and starts anew from the time that it stored; meanwhile somebody sets the clock by so much. */
    restart(by = 0) {
      const mark = clock.now()
      at.wall += by * 1_000
      clock = systemClock(mark, sources)
    },
    /** Whether its clock shows more than it ran. */
    isAhead: () => at.wall - START > at.running,
    /** By how much less. */
    behind: () => Math.max(0, (at.running - (at.wall - START)) / 1_000),
  }
}
export type JumpyMachine = ReturnType<typeof jumpyMachine>

/** How clocks jump, by what is done. */
export const JUMPS: [name: string, jump: (machine: JumpyMachine) => void][] = Object.entries({
  'a day ahead': 24 * HOUR,
  'an hour back': -HOUR,
  'a day back': -24 * HOUR,
}).flatMap(([name, by]): typeof JUMPS => [
  [`when the clock is set ${name}`, ({ set }) => set(by)],
  [
    `when the clock is set ${name} and the daemon starts anew`,
    ({ set, restart }) => {
      set(by)
      restart()
    },
  ],
  [`when the clock is set ${name} while the daemon is down`, ({ restart }) => restart(by)],
])
