import { Failure } from '@waiaas/contract'
import type { KillSwitchRow } from './store.ts'

/** How long a locked daemon without owners stays locked. */
const LOCKED_MS = 3_600_000

/** Failure KILL_SWITCH_ACTIVE unless everything runs. */
export function assertActivates({ state }: KillSwitchRow): void {
  if (state !== 'ACTIVE') throw new Failure('KILL_SWITCH_ACTIVE', `the kill switch is already on: ${state}`)
}

/** Failure INVALID_STATE_TRANSITION unless suspended. */
export function assertEscalates({ state }: KillSwitchRow): void {
  if (state === 'SUSPENDED') return
  throw new Failure('INVALID_STATE_TRANSITION', `expected the kill switch to be SUSPENDED, it is ${state}`, {
    details: { state },
  })
}

/** Failure KILL_SWITCH_NOT_ACTIVE, or INVALID_STATE_TRANSITION that says when a locked daemon opens to the operator. */
export function assertRecovers({ state, locked_at }: KillSwitchRow, now: number): void {
  if (state === 'ACTIVE') throw new Failure('KILL_SWITCH_NOT_ACTIVE', 'the kill switch is not on')
  if (state === 'SUSPENDED') return
  // Without a time nobody can say that the hour is over.
  const opens = locked_at === null ? Number.POSITIVE_INFINITY : locked_at + LOCKED_MS
  if (now >= opens) return
  const at = Number.isFinite(opens) ? Math.ceil(opens / 1000) : null
  const when = at === null ? 'only by restoring it' : `from ${new Date(at * 1000).toISOString()}`
  throw new Failure('INVALID_STATE_TRANSITION', `the daemon is LOCKED; the operator can lift it ${when}`, {
    details: { state, recoverableAt: at },
  })
}
