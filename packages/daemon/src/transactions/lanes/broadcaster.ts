import type { Network } from '@waiaas/contract'
import type { Follower, Sent } from '../../chains/follow.ts'
import { untilCut } from '../../platform/cut-off.ts'
import type { Log } from '../../platform/log.ts'
import { recent } from '../../platform/recent.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'

export type Outgoing = { row: AttemptRow; bytes: Uint8Array }
/** Sends, and answers those of which no node was reached. */
export type Send = (batch: readonly Outgoing[]) => Promise<Outgoing[]>
export type Broadcaster = ReturnType<typeof broadcaster>

const MOST_AT_ONCE = 64
const REST_MS = 2_000

/** A batch whose answer has not come so long after a stop is cut off; its bytes count as left. */
const CUT_MS = 500

type Outlet = {
  network: Network
  /** The chain as it is configured now: its endpoints may change while something is on its way. */
  chain: () => Promise<Pick<Follower, 'broadcast'>>
  log: Log
  onRefused: (row: AttemptRow, sent: Extract<Sent, { outcome: 'refused' }>) => void
}
type Options = Outlet & {
  /**
   * Around each batch: hands those that may leave now to `send`, which tells which certainly have not. The others are
   * left to be sent later, or given up.
   */
  leaving: (batch: readonly Outgoing[], send: Send) => Promise<void>
}

/** Those of which no node was reached. */
async function sendTo({ network, chain, log, onRefused }: Outlet, batch: readonly Outgoing[]): Promise<Outgoing[]> {
  try {
    const results = await (await chain()).broadcast(batch.map(({ bytes }) => bytes))
    results.forEach((sent, index) => {
      if (sent.outcome === 'refused') onRefused(batch[index]!.row, sent)
    })
    return batch.filter((_, index) => results[index]?.outcome === 'unsent')
  } catch (error) {
    // The bytes may or may not have arrived; looking at the chain tells, and what is missing is sent again.
    log.warn({ network: network.id, err: error }, 'sending failed; the chain will tell what arrived')
    return []
  }
}

/** Sends a lane's recorded bytes in order, one batch at a time, and remembers when each was last sent. */
export function broadcaster({ leaving: around, ...outlet }: Options) {
  const { network, log } = outlet
  let queue: Outgoing[] = []
  /** Out of the queue, and not answered for yet. */
  let inHand: { batch: Outgoing[]; cut: AbortController; over: Promise<void> } | undefined
  let sending: Promise<void> | undefined
  const lastSent = recent<number>()

  const send: Send = (batch) => {
    for (const { row } of batch) lastSent.put(row.id, Date.now())
    return sendTo(outlet, batch)
  }
  const drain = async () => {
    try {
      while (queue.length > 0) {
        const batch = queue.splice(0, MOST_AT_ONCE)
        const cut = new AbortController()
        inHand = { batch, cut, over: untilCut(cut.signal, () => around(batch, send)) }
        await inHand.over
      }
    } catch (error) {
      queue = []
      log.warn({ network: network.id, err: error }, 'sending was put off: the database could not be asked')
    } finally {
      inHand = undefined
      sending = undefined
    }
  }
  /** Resolves when what is on its way at the call is sent, put off, given up or cut off. */
  const quiet = async () => {
    if (!inHand) return
    const { cut, over } = inHand
    const late = setTimeout(() => cut.abort(), CUT_MS)
    await over.catch(() => undefined)
    clearTimeout(late)
  }

  /** What waits to be sent, or is being sent, by the id of its attempt. */
  const leaving = () => new Set([...(inHand?.batch ?? []), ...queue].map(({ row }) => row.id))

  return {
    leaving,
    push(items: readonly Outgoing[]) {
      // An empty drain ends before `sending` holds it, and would seem to run for ever.
      if (items.length === 0) return
      queue.push(...items)
      sending ??= drain()
    },
    /** Sends again what the chain does not know, unless it was sent a moment ago. */
    repeat(items: readonly Outgoing[]) {
      const waiting = leaving()
      const rested = Date.now() - Math.max(REST_MS, 2 * network.blockMs)
      const due = items.filter(({ row }) => !waiting.has(row.id) && (lastSent.get(row.id) ?? 0) < rested)
      if (due.length > 0) this.push(due)
    },
    /** Each batch after the one on its way looks at the stops by itself. */
    quiet,
    /** A stop: nothing that was not sent yet goes out. Resolves when nothing is on its way. */
    async halt() {
      queue = []
      await quiet()
      await sending
    },
    /** Resolves when all that waited to be sent is sent, put off or given up. */
    async settled() {
      await sending
    },
    forget: (attemptId: string) => void lastSent.delete(attemptId),
  }
}
