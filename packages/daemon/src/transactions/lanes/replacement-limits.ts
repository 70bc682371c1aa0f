import { Failure } from '@waiaas/contract'
import type { Actor, By } from '../../platform/caller.ts'
import { type AttemptRow, isReplacement } from '../rows/attempt-store.ts'

/** At least so long, and a block's time, lies between two replacements of one nonce. */
const PAUSE_MS = 2_000
/** So often one nonce is outbid: on behalf of all sessions together, of the operator, and by the daemon itself. */
const MOST: Record<string, number> = { session: 8, operator: 8, system: 5 }

const kindOf = (actor: string): string => actor.split(':')[0]!
const mostFor = (actor: Actor): number => MOST[kindOf(actor)] ?? 0

export const pauseMs = (blockMs: number): number => Math.max(PAUSE_MS, blockMs)

/** Whether the daemon may outbid a nonce once more, whose attempts these are. */
export const mayOutbid = (attempts: readonly AttemptRow[]): boolean => countOf(attempts, 'system') < mostFor('system')

const countOf = (attempts: readonly AttemptRow[], actor: Actor): number =>
  attempts.filter((row) => isReplacement(row) && kindOf(row.asked_by ?? 'session') === kindOf(actor)).length

type Turn = { by: By; now: number; blockMs: number }

/** Refuses a replacement that comes too soon after another one of these attempts, or one too many. */
export function requireTurn(attempts: readonly AttemptRow[], { by, now, blockMs }: Turn): void {
  if (countOf(attempts, by.actor) >= mostFor(by.actor)) {
    const most = mostFor(by.actor)
    throw new Failure('REPLACEMENT_LIMIT_REACHED', `it was replaced ${most} times, and that is the most`, {
      details: { most },
    })
  }
  const last = attempts.findLast(isReplacement)
  const waitMs = last ? last.created_at + pauseMs(blockMs) - now : 0
  if (waitMs > 0) throw tooSoon('it was replaced a moment ago', waitMs)
}

export const tooSoon = (message: string, waitMs: number): Failure =>
  new Failure('REPLACEMENT_TOO_SOON', message, { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) })
