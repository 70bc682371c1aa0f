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

/** What speaks for opening it, beside the operator. */
export type Opening = {
  /** Whether owners have verified at all, and before the switch was thrown. */
  readonly owners: 'nobody' | 'later' | 'before'
  /** An owner who had verified by then agrees. */
  readonly isAgreed: boolean
  /** When a recovery without the owners opens it; undefined where none runs. */
  readonly opensAt: number | undefined
}

/** Failures KILL_SWITCH_NOT_ACTIVE, OWNER_CONSENT_REQUIRED, and INVALID_STATE_TRANSITION that says when it opens. */
export function assertRecovers({ state, locked_at }: KillSwitchRow, opening: Opening, now: number): void {
  if (state === 'ACTIVE') throw new Failure('KILL_SWITCH_NOT_ACTIVE', 'the kill switch is not on')
  if (state === 'SUSPENDED' || opening.isAgreed) return
  if (opening.opensAt !== undefined) {
    if (now < opening.opensAt)
      throw notYet(opening.opensAt, 'a recovery runs, and an owner can stop it; the operator can lift it')
    return
  }
  if (opening.owners !== 'nobody')
    throw new Failure(
      'OWNER_CONSENT_REQUIRED',
      'the daemon is LOCKED, and an owner who had verified before has to agree; when their keys are lost: waiaas recover, which takes a day',
    )
  // Without a time nobody can say that the hour is over.
  const opens = locked_at === null ? Number.POSITIVE_INFINITY : locked_at + LOCKED_MS
  if (now < opens) throw notYet(opens, 'the operator can lift it')
}

function notYet(opens: number, what: string): Failure {
  const at = Number.isFinite(opens) ? Math.ceil(opens / 1000) : null
  const when = at === null ? 'only by restoring it' : `from ${new Date(at * 1000).toISOString()}`
  return new Failure('INVALID_STATE_TRANSITION', `the daemon is LOCKED; ${what} ${when}`, {
    details: { state: 'LOCKED', recoverableAt: at },
  })
}

/** How long a recovery takes in which no owner has a say but to stop it. */
export const RECOVERY_MS = 86_400_000

/** Failure INVALID_STATE_TRANSITION unless it is locked, which alone takes an owner. */
export function assertRecoverable({ state }: KillSwitchRow): void {
  if (state === 'LOCKED') return
  throw new Failure('INVALID_STATE_TRANSITION', `expected the kill switch to be LOCKED, it is ${state}`, {
    details: { state },
  })
}
