import type { Plan } from '@waiaas/contract'
import { isSignatureLane } from '../lanes/lane-id.ts'
import { statusOf } from '../plans/view.ts'
import type { Status } from '../rows/states.ts'
import type { Followed } from './store.ts'

const ENDS: readonly Status[] = ['CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED', 'PARTIAL_FAILURE']
/** What goes on only when somebody does something, or not before a time that leaves people room for it. */
const OPEN_TO_OTHERS: readonly Status[] = ['QUEUED', 'SIGNED']

/** What somebody who waits wants to hear of beside an end: that it was `seen` so is no news, and that it is signed may be. */
type Interest = { readonly seen: string | undefined; readonly isSent?: boolean | undefined }

/** Whether there is something to say of a transaction. */
export function isSettled(
  { status, lane, tx_hash }: Pick<Followed, 'status' | 'lane'> & { readonly tx_hash?: string | null },
  { seen, isSent = false }: Interest,
): boolean {
  if (isSent && typeof tx_hash === 'string') return true
  if (ENDS.includes(status) || (status === 'SIGNED' && isSignatureLane(lane))) return true
  return OPEN_TO_OTHERS.includes(status) && status !== seen
}

const PLAN_ENDS: readonly Plan['status'][] = ['CONFIRMED', 'STOPPED']

/** The same of a plan, by its steps. */
export function isPlanSettled(steps: readonly Pick<Followed, 'status'>[], seen: string | undefined): boolean {
  const status = statusOf(steps)
  return PLAN_ENDS.includes(status) || (status === 'QUEUED' && status !== seen)
}
