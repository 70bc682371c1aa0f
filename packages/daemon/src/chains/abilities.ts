import type { RpcError } from './rpc.ts'

/** What requests have taught about one endpoint. All of it is tried again now and then, for endpoints change. */
export type Abilities = {
  /** How many calls one request may hold now. */
  batchMost(): number
  batchRefused(count: number, named: number): void
  /** It got no answer, and a call by itself did. That may be how batches are refused, or a fault of the moment: half as many, for a moment. */
  batchLost(count: number): void
  batchServed(count: number): void
  /** The error that stands for a method which is not offered here; undefined when it is to be asked. */
  missing(method: string): RpcError | undefined
  /** The method was refused. Not believed of one that was answered lately: then what it was asked is refused, not the method. */
  lacks(method: string, error: RpcError): void
  offers(method: string): void
  /** For display: null where nothing limits batches, 1 where there are none. */
  learnt(): { readonly batchMost: number | null; readonly missingMethods: string[] }
}

// Geth answers no more than 1,000 calls of one batch.
const unlimited = 500
const retryMs = 600_000
/** A lost batch is tried again soon at first: an endpoint that fails now and then would take smaller and smaller ones. */
const lostRetryMs = 500
/** A refused method is asked for again soon at first: a firewall's mood looks like a missing method. */
const firstRetryMs = 30_000

type Lost = { readonly most: number; readonly until: number; readonly pauseMs: number }
type Missing = { readonly error: RpcError; readonly until: number; readonly pauseMs: number }

export function abilities(clock: () => number): Abilities {
  let batch: { readonly most: number; readonly until: number } | undefined
  let lost: Lost | undefined
  /** Lost batches with none between that was answered. */
  let losses = 0
  /** The largest batch that was answered lately. */
  let served: { readonly most: number; readonly at: number } | undefined
  const methods = new Map<string, Missing>()
  const answeredAt = new Map<string, number>()
  const inForce = (found: { readonly most: number; readonly until: number } | undefined): number =>
    found && clock() < found.until ? found.most : unlimited
  return {
    batchMost: () => Math.min(inForce(batch), inForce(lost)),
    batchRefused(count, named) {
      // A larger batch that was tried again and refused: what was known still holds.
      const most = batch && batch.most < count ? Math.min(batch.most, Math.max(named, 1)) : named
      batch = { most: Math.max(1, Math.min(most, count - 1)), until: clock() + retryMs }
    },
    batchLost(count) {
      losses += 1
      // One of a size that was answered lately says nothing by itself, nor do those that left before this was learnt.
      if (losses === 1 && served && served.most >= count && clock() - served.at < retryMs) return
      if (lost && count > lost.most && clock() < lost.until) return
      const isAgain = lost !== undefined && count > lost.most
      const pauseMs = lost ? Math.min(retryMs, isAgain ? 4 * lost.pauseMs : lost.pauseMs) : lostRetryMs
      const most = Math.max(1, Math.min(Math.floor(count / 2), isAgain ? lost!.most : count))
      lost = { most, pauseMs, until: clock() + pauseMs }
    },
    batchServed(count) {
      if (batch && count > batch.most) batch = undefined
      if (lost && count > lost.most) lost = undefined
      if (count === 1) return
      losses = 0
      if (!served || count >= served.most || clock() - served.at >= retryMs) served = { most: count, at: clock() }
    },
    missing(method) {
      const known = methods.get(method)
      return known && clock() < known.until ? known.error : undefined
    },
    lacks(method, error) {
      if (clock() - (answeredAt.get(method) ?? Number.NEGATIVE_INFINITY) < retryMs) return
      const pauseMs = Math.min(retryMs, (methods.get(method)?.pauseMs ?? firstRetryMs / 2) * 2)
      methods.set(method, { error, pauseMs, until: clock() + pauseMs })
    },
    offers(method) {
      methods.delete(method)
      answeredAt.set(method, clock())
    },
    learnt() {
      const most = Math.min(batch?.most ?? unlimited, inForce(lost))
      return { batchMost: most === unlimited ? null : most, missingMethods: [...methods.keys()].toSorted() }
    },
  }
}
