import { setTimeout as pauseFor } from 'node:timers/promises'
import { Failure, isFailure } from '@waiaas/contract'
import { cutSignal } from '../platform/cut-off.ts'
import type { Rpc, RpcError } from './rpc.ts'
import { cutOff } from './rpc-http.ts'
import type { IdentityCheck } from './rpc-identity.ts'
import { type Member, type MemberOptions, rpcMember } from './rpc-member.ts'
import { type RpcCall, unwrap } from './rpc-run.ts'

export type RpcPoolOptions = IdentityCheck & {
  /** In order of preference. */
  readonly urls: readonly string[]
  /** Longest wait for one request, and for an endpoint that asks for time; 10 s unless told otherwise. */
  readonly timeoutMs?: number
  /** Milliseconds, of any epoch. */
  readonly clock?: () => number
}

export interface RpcPool extends Rpc {
  /**
   * The result from `count` different endpoints, or from all if fewer are configured; Failure CHAIN_ERROR when fewer answer.
   * For evidence on which no single provider is believed.
   */
  witnesses<T>(count: number, method: string, params: readonly unknown[]): Promise<T[]>
  /** One client for each endpoint, which shares what was learnt of it; they close with this one. */
  apart(): readonly Rpc[]
  /** Calls that send signed bytes, in order, again where no answer came: the same bytes do nothing twice. */
  deliver(calls: readonly RpcCall[]): Promise<Delivery>
}

type Item = { result: unknown } | { error: RpcError }
type Delivery = {
  /** Undefined where no endpoint answered. */
  readonly answers: readonly (Item | undefined)[]
  /** Something of them may have left. */
  readonly isHeard: boolean
  /** Those that an endpoint may have taken before it was asked again. */
  readonly repeated: ReadonlySet<RpcCall>
}
/** What became of a visit: all is done, nothing more is wanted from this endpoint, or it is to be asked again later. */
type Visit = 'done' | 'out' | 'failed' | 'later'

/** How often an endpoint may fail in a row for one job, without an answer between; once is enough of one that is down. */
const TRIES = 8
/** Before an endpoint that failed is asked again. */
const AGAIN_MS = 40
/** Calls that may wait for endpoints at once: a network that serves too little must not fill the memory. */
const waitingMost = 10_000

/**
 * JSON-RPC over several endpoints. A call that one cannot answer goes to the next at once. Where none of them answers, those
 * that failed are asked again a few times, and soon: many steps take several calls and are worth nothing without each of them.
 * A call waits for endpoints that limit their rate too, and no longer than one request may take without any progress.
 */
export function rpcPool(options: RpcPoolOptions): RpcPool {
  const { urls, name, timeoutMs = 10_000, clock = Date.now } = options
  const shared = { name, timeoutMs, clock, ...(options.verify && { verify: options.verify }) }
  return poolOf(
    urls.map((url) => rpcMember(url, shared)),
    { ...shared, closing: new AbortController(), waiting: { calls: 0 } },
  )
}

type Shared = MemberOptions & {
  readonly closing: AbortController
  readonly waiting: { calls: number }
}

function poolOf(members: readonly Member[], shared: Shared): RpcPool {
  const { name, closing } = shared

  const silence = (method: string, complaints: readonly string[]) =>
    new Failure(
      'CHAIN_ERROR',
      members.length === 0
        ? `no RPC endpoint is configured for ${name}`
        : `expected an endpoint of ${name} to answer ${method}: ${complaints.join('; ')}`,
    )

  async function batch(calls: readonly RpcCall[]): Promise<Item[]> {
    const job = batchJob(calls)
    const complaints = calls.length === 0 ? [] : await across(members, shared, job)
    return job.items.map((item) => {
      if (item) return item
      throw silence(calls[0]!.method, complaints)
    })
  }

  return {
    batch,
    async call<T>(method: string, params: readonly unknown[]) {
      const [item] = await batch([{ method, params }])
      if ('error' in item!) throw item.error
      // The caller names the type that the method's specification promises.
      return item!.result as T
    },
    async witnesses<T>(count: number, method: string, params: readonly unknown[]) {
      const wanted = Math.min(count, members.length)
      const found: T[] = []
      const complaints = await across(members, shared, {
        size: () => 1,
        progress: () => found.length,
        async visit(member) {
          const { answers, failure } = await member.ask([{ method, params }])
          const [answer] = answers
          if (answer?.kind === 'settled') found.push(unwrap<T>(answer))
          if (found.length === wanted) return 'done'
          if (answer || !failure) return 'out'
          return failure.kind === 'limited' ? 'later' : 'failed'
        },
      })
      if (found.length < wanted || wanted === 0) throw silence(method, complaints)
      return found
    },
    async deliver(calls) {
      const job = batchJob(calls)
      try {
        if (calls.length > 0) await across(members, shared, job)
        return { answers: job.items, isHeard: job.isHeard, repeated: job.repeated }
      } catch (error) {
        // Closed, or cut off by a stop: whatever was on its way may have arrived.
        if (!isFailure(error, 'CHAIN_ERROR')) throw error
        return { answers: job.items, isHeard: true, repeated: job.repeated }
      }
    },
    apart: () => members.map((member) => poolOf([member], shared)),
    status: () => members.map((member) => member.status()),
    close: () => closing.abort(),
  }
}

type Job = {
  /** How many calls are open. */
  size(): number
  /** Grows with each answer. */
  progress(): number
  visit(member: Member): Promise<Visit>
}
type BatchJob = Job & {
  readonly items: readonly (Item | undefined)[]
  readonly isHeard: boolean
  readonly repeated: ReadonlySet<RpcCall>
}

function batchJob(calls: readonly RpcCall[]): BatchJob {
  const items: (Item | undefined)[] = calls.map(() => undefined)
  /** Calls without a settled answer. */
  let open = calls.map((_, index) => index)
  /** What an endpoint cannot answer is not asked there again. */
  const refused = new Map<Member, Set<number>>()
  const repeated = new Set<RpcCall>()
  let isHeard = false

  return {
    items,
    repeated,
    get isHeard() {
      return isHeard
    },
    size: () => open.length,
    progress: () => calls.length - open.length,
    async visit(member) {
      const notHere = refused.get(member) ?? new Set()
      refused.set(member, notHere)
      const mine = open.filter((index) => !notHere.has(index))
      if (mine.length === 0) return 'out'
      const outcome = await member.ask(mine.map((index) => calls[index]!))
      const { answers, failure } = outcome
      isHeard ||= outcome.isHeard
      for (const call of outcome.repeated) repeated.add(call)
      const settled = new Set<number>()
      for (const [position, index] of mine.entries()) {
        const answer = answers[position]
        if (answer?.kind === 'settled') {
          items[index] = answer.value
          settled.add(index)
        } else if (answer) {
          items[index] ??= { error: answer.error }
          notHere.add(index)
        }
      }
      open = open.filter((index) => !settled.has(index))
      if (open.length === 0) return 'done'
      if (!failure) return 'out'
      if (failure.kind === 'limited') return 'later'
      if (outcome.isHeard) for (const index of open) repeated.add(calls[index]!)
      return 'failed'
    },
  }
}

/** Visits one endpoint after the other, and those that ask for time again, until the job is done; returns what went wrong. */
async function across(members: readonly Member[], shared: Shared, job: Job): Promise<string[]> {
  const { name, clock, closing } = shared
  const left = new Set(members)
  const failures = new Map<Member, number>()
  const patience = patienceOf(shared)
  for (;;) {
    const before = job.progress()
    const later: Member[] = []
    for (const member of order([...left], { now: clock(), count: job.size() })) {
      if (closing.signal.aborted) throw new Failure('CHAIN_ERROR', `the endpoints of ${name} are closed`)
      if (cutSignal()?.aborted) throw cutOff()
      const had = job.progress()
      const visit = await job.visit(member)
      if (visit === 'done') return []
      const inARow = job.progress() > had ? 1 : (failures.get(member) ?? 0) + 1
      failures.set(member, inARow)
      if (visit === 'later') later.push(member)
      else if (visit !== 'failed' || inARow >= (member.rest().isDown ? 1 : TRIES)) left.delete(member)
    }
    if (job.progress() > before) patience.renew()
    // Those that failed and are left are asked again, whether or not they had a turn just now.
    const againMs = left.size > later.length ? AGAIN_MS : Number.POSITIVE_INFINITY
    const soonest = Math.min(...later.map((member) => member.waitMs(job.size())), againMs)
    const waitMs = Math.max(10, soonest)
    if (!patience.covers(waitMs) || !(await waited(shared, job.size(), waitMs))) return complaintsOf(members)
    patience.spend(waitMs)
  }
}

const complaintsOf = (members: readonly Member[]): string[] =>
  members.map((member) => member.status().lastError ?? `${member.origin} did not answer`)

/** False, without waiting, when too many calls wait already. */
async function waited({ waiting, closing }: Shared, calls: number, waitMs: number): Promise<boolean> {
  if (waiting.calls + calls > waitingMost) return false
  waiting.calls += calls
  try {
    const cut = cutSignal()
    const signal = cut ? AbortSignal.any([closing.signal, cut]) : closing.signal
    // Ends early when the pool is closed or a stop cuts off what is sent, which the next visit says.
    await pauseFor(waitMs, undefined, { signal }).catch(() => undefined)
  } finally {
    waiting.calls -= calls
  }
  return true
}

/** How long a job may wait: for the time of one request without progress, and for that of six in all. */
function patienceOf({ timeoutMs, clock }: Shared) {
  const begun = clock()
  let since = begun
  // Counted as well, for a clock that stands still.
  let spent = { sinceProgress: 0, inAll: 0 }
  return {
    covers: (ms: number) =>
      Math.max(clock() - since, spent.sinceProgress) + ms <= timeoutMs &&
      Math.max(clock() - begun, spent.inAll) + ms <= 6 * timeoutMs,
    spend(ms: number) {
      spent = { sinceProgress: spent.sinceProgress + ms, inAll: spent.inAll + ms }
    },
    renew() {
      since = clock()
      spent = { ...spent, sinceProgress: 0 }
    },
  }
}

/**
 * Those at rest in order of preference, the ones that can be asked without waiting first; then the one that failed longest
 * ago: by now it may work again.
 */
function order(members: readonly Member[], { now, count }: { now: number; count: number }): Member[] {
  const cooling = members
    .filter((member) => member.rest().until > now)
    .toSorted((a, b) => a.rest().failedAt - b.rest().failedAt)
  const ready = members.filter((member) => member.rest().until <= now)
  const free = ready.filter((member) => member.waitMs(count) === 0)
  return [...free, ...ready.filter((member) => !free.includes(member)), ...cooling.slice(0, 1)]
}
