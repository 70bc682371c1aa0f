import { WAIaaSError } from '@waiaas/contract'
import { ProxyError } from './errors.ts'
import type { Place } from './place.ts'
import type { Once } from './repeats.ts'

/** What is not over yet: the same asked for again finds it. */
export class NotOver extends ProxyError {}

/**
 * Does something once, however often it is asked for by who has not heard its end. What is over, well or not, counts as
 * heard when the whole answer has gone out.
 */
export async function heard<T>(
  place: Place,
  what: { readonly asked: unknown; readonly isPlaced: boolean },
  run: (once: Once) => Promise<T>,
): Promise<T> {
  const asked = [place.wallet.id, place.network.id, what.asked]
  const once = await place.once({ sessionId: place.principal.sessionId, asked, isPlaced: what.isPlaced })
  try {
    const result = await run(once)
    place.onDelivered(once.answered)
    return result
  } catch (error) {
    if (isOver(error)) place.onDelivered(once.answered)
    throw error
  }
}

/** Whether it says for certain how it ended: what is repeated later for other reasons may be under way. */
const isOver = (error: unknown): boolean =>
  error instanceof ProxyError
    ? !(error instanceof NotOver)
    : error instanceof WAIaaSError && error.status >= 400 && error.status < 500 && ![401, 429].includes(error.status)
