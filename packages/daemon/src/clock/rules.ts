import { type Hold, JUMP_MS, seconds } from '../platform/clock.ts'

/** No chain takes a block from the future, so that a wall clock near its newest one is not ahead of real time. */
export const agrees = (wallMs: number, blockTimeMs: number): boolean => wallMs - blockTimeMs <= JUMP_MS

/** For health, status and log. */
export function warningOf({ since, aheadMs }: Hold): string {
  const why = since === 'jump' ? 'it was set ahead while the daemon ran' : 'no chain in use has confirmed it'
  return `the clock is held ${seconds(aheadMs)} s back, for ${why}: spending windows stay full and delays wait; check the machine's time, then run waiaas clock acknowledge`
}
