import type { RpcError } from './rpc.ts'

/** What requests have taught about one endpoint. All of it is tried again now and then, for endpoints change. */
export type Abilities = {
  /** How many calls one request may hold now. */
  batchMost(): number
  batchRefused(count: number, named: number): void
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
/** A refused method is asked for again soon at first: a firewall's mood looks like a missing method. */
const firstRetryMs = 30_000

type Missing = { readonly error: RpcError; readonly until: number; readonly pauseMs: number }

export function abilities(clock: () => number): Abilities {
  let batch: { readonly most: number; readonly until: number } | undefined
  const methods = new Map<string, Missing>()
  const answeredAt = new Map<string, number>()
  return {
    batchMost: () => (batch && clock() < batch.until ? batch.most : unlimited),
    batchRefused(count, named) {
      // A larger batch that was tried again and refused: what was known still holds.
      const most = batch && batch.most < count ? Math.min(batch.most, Math.max(named, 1)) : named
      batch = { most: Math.max(1, Math.min(most, count - 1)), until: clock() + retryMs }
    },
    batchServed(count) {
      if (batch && count > batch.most) batch = undefined
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
    learnt: () => ({ batchMost: batch?.most ?? null, missingMethods: [...methods.keys()].toSorted() }),
  }
}
