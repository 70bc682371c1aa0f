import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../platform/clock.ts'

/** Nobody waits longer with a yes. */
const PATIENCE_MS = 1_500
/** So long what came too late answers whoever asks once more. */
const FRESH_MS = 15_000

/** How the worst case moves: in words, later, since the networks are still being asked, or nobody can say. */
export type Moves = { readonly text: string | undefined; readonly isLater: boolean }
const LATER: Moves = { text: undefined, isLater: true }
type Look = { readonly begun: number; readonly found: Promise<string | undefined> }

/** Waits for a look for a short time; one that takes longer goes on, and answers the next who asks for the same. */
export function moves(
  clock: Pick<Clock, 'now'>,
  look: (transactionId: string) => Promise<string | undefined>,
  patienceMs: number = PATIENCE_MS,
) {
  const late = new Map<string, Look>()

  function looking(id: string): Look {
    const now = clock.now()
    for (const [other, { begun }] of late) if (now - begun > FRESH_MS) late.delete(other)
    return late.get(id) ?? { begun: now, found: look(id) }
  }

  return async (id: string): Promise<Moves> => {
    const one = looking(id)
    const waiting = new AbortController()
    const tooLate = pause(patienceMs, LATER, { signal: waiting.signal }).catch(() => LATER)
    try {
      const found = await Promise.race([one.found.then((text) => ({ text, isLater: false })), tooLate])
      if (found.isLater) late.set(id, one)
      else late.delete(id)
      return found
    } finally {
      waiting.abort()
    }
  }
}
