import { isFailure } from '@waiaas/contract'
import type { Log } from '../log.ts'
import type { Meta } from './types.ts'

/** What a page of a list of events has, whatever else its events say. */
export type EventPage = { readonly data: readonly { id: string; event: string }[]; readonly lastEventId: string }
type Source = {
  /** The next events behind an id, as soon as there are some, or none after a while. */
  next(after: string): Promise<EventPage>
  /** Rejects when the caller may see no more. */
  stillOpen(): Promise<void>
  readonly log: Log
}

/** After so long a stream ends, and its client shows its credential anew. */
const LIFE_MS = 600_000
const BUSY_MS = 1_000

/** Server-sent events (HTML Standard, section 9.2). The first page is read: what fails before it fails as an answer. */
export function eventStream(meta: Meta, first: EventPage, { next, stillOpen, log }: Source): Response {
  const until = performance.now() + LIFE_MS
  let after = first.lastEventId
  let isGone = false
  const encoder = new TextEncoder()

  async function pageOrNothing(): Promise<EventPage> {
    try {
      return await next(after)
    } catch (error) {
      // Who reads faster than its rate allows reads on in a moment.
      if (!isFailure(error, 'RATE_LIMITED')) throw error
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (error.retryAfter ?? 0) || BUSY_MS))
      return { data: [], lastEventId: after }
    }
  }

  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(textOf(first))),
    async pull(controller) {
      try {
        if (performance.now() > until) return controller.close()
        const page = await pageOrNothing()
        await stillOpen()
        if (isGone) return
        after = page.lastEventId
        controller.enqueue(encoder.encode(textOf(page)))
      } catch (error) {
        if (!isFailure(error)) log.error({ err: error, requestId: meta.requestId }, 'a stream of events failed')
        if (!isGone) controller.close()
      }
    },
    cancel() {
      isGone = true
    },
  })
  meta.complete = true
  const headers = { ...meta.headers, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' }
  return new Response(body, { status: 200, headers })
}

/** Each event under its id; then where the page ends, which tells nothing and is where to go on. */
const textOf = ({ data, lastEventId }: EventPage): string =>
  [
    ...data.map((each) => `id: ${each.id}\nevent: ${each.event}\ndata: ${JSON.stringify(each)}\n\n`),
    `id: ${lastEventId}\n\n`,
  ].join('')
