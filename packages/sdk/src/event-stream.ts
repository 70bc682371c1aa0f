import { type CallOptions, type DaemonEvent, errorOf, WAIaaSError } from '@waiaas/contract'
import { pause } from './retry.ts'

export type EventOptions = Pick<CallOptions, 'signal'> & {
  /** The id of the last event that was seen; without it, from now on. */
  readonly lastEventId?: string
}
/** Opens the stream behind an event; anew for each try, with a credential that is good for one. */
export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>

/** A daemon that has nothing to say says so each quarter of a minute. */
const SILENT_MS = 45_000
const CALM_MS = 30_000
const FIRST_PAUSE_MS = 250
const MOST_PAUSE_MS = 5_000

/**
 * Events, each once, across connections that break and daemons that start anew. Ends by its signal, or with the
 * WAIaaSError of what a repeat does not help.
 */
export async function* eventsOf(open: OpenStream, { lastEventId, signal }: EventOptions): AsyncGenerator<DaemonEvent> {
  let after = lastEventId
  let failures = 0
  for (;;) {
    signal?.throwIfAborted()
    const cut = new AbortController()
    const all = signal ? AbortSignal.any([signal, cut.signal]) : cut.signal
    const silence = watchdog(() => cut.abort())
    const openedAt = performance.now()
    try {
      const response = await open(after, all)
      if (!response.ok) throw errorOf(response, await response.text())
      for await (const block of blocksOf(response, silence)) {
        if (block.id !== undefined) after = block.id
        if (block.data !== undefined) yield JSON.parse(block.data) as DaemonEvent // the daemon writes nothing else
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof WAIaaSError && !error.retryable) throw error
      const isOther = !(error instanceof WAIaaSError || error instanceof TypeError || error instanceof DOMException)
      if (isOther) throw error
    } finally {
      silence.stop()
      cut.abort()
    }
    failures = performance.now() - openedAt > CALM_MS ? 0 : failures + 1
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, MOST_PAUSE_MS), signal)
  }
}

type Watchdog = { heard(): void; stop(): void }

function watchdog(bark: () => void): Watchdog {
  let timer = setTimeout(bark, SILENT_MS)
  return {
    heard() {
      clearTimeout(timer)
      timer = setTimeout(bark, SILENT_MS)
    },
    stop: () => clearTimeout(timer),
  }
}

type Block = { id?: string; data?: string }

/** The blocks of a stream of server-sent events (HTML Standard, section 9.2), as far as the daemon uses them. */
async function* blocksOf(response: Response, { heard }: Watchdog): AsyncGenerator<Block> {
  if (!response.body) return
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body) {
    heard()
    text += decoder.decode(bytes, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield blockOf(text.slice(0, end))
      text = text.slice(end + 2)
    }
  }
}

function blockOf(text: string): Block {
  const block: Block = {}
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^(id|data): (.*)$/s.exec(line) ?? []
    if (field === 'id') block.id = value
    if (field === 'data') block.data = value
  }
  return block
}
