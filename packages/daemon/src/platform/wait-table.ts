import { Failure, type Settings } from '@waiaas/contract'
import type { Principal } from './caller.ts'
import { type Loop, loop } from './jobs.ts'
import type { Log } from './log.ts'

/** A call that may wait. */
export type WaitingCall = {
  readonly principal: Principal<'agent' | 'operator'>
  readonly onGone: (listener: () => void) => () => void
}
/** Calls that may wait at once: of one caller, and all. */
export type MostWaits = () => { readonly caller: number; readonly all: number }
/** As many as connections: each is one, or shares one with others. */
export const mostWaits =
  (settings: () => Pick<Settings, 'security.max_connections' | 'security.max_connections_per_address'>): MostWaits =>
  () => ({
    caller: settings()['security.max_connections_per_address'],
    all: settings()['security.max_connections'],
  })
/** Runs a call that counts as a connection of its caller for as long. Failure RATE_LIMITED. */
export type Counted = <T>(call: WaitingCall, run: () => Promise<T>) => Promise<T>

export function countedWaits(mostWaits: MostWaits): Counted {
  const counts = new Map<string, number>()
  let all = 0
  return async ({ principal }, run) => {
    const name = principal.kind === 'agent' ? principal.sessionId : principal.kind
    const of = counts.get(name) ?? 0
    const most = mostWaits()
    if (of >= most.caller || all >= most.all)
      throw new Failure('RATE_LIMITED', 'too many calls wait already; without wait it is answered at once', {
        retryAfter: 1,
      })
    counts.set(name, of + 1)
    all += 1
    try {
      return await run()
    } finally {
      const left = counts.get(name)! - 1
      if (left === 0) counts.delete(name)
      else counts.set(name, left)
      all -= 1
    }
  }
}

/** What waits for something that `Of` names. */
export type Waiter<Of> = {
  readonly of: Of
  readonly call: WaitingCall
  /** Milliseconds of the process. */
  readonly until: number
  readonly end: (isSettled: boolean) => void
}
type Table<Of> = {
  readonly name: string
  readonly log: Log
  /** How often something was committed here. */
  commits(): number
  /** Those of which there is something to say: one look at the database for all of them. */
  settled(batch: readonly Waiter<Of>[]): Promise<readonly Waiter<Of>[]>
}
export type WaitTable<Of> = {
  /** Resolves with true when it is settled; with false when it is released, given up by its caller, or the time is over. */
  wait(of: Of, call: WaitingCall, seconds: number): Promise<boolean>
  /** Has all looked at, whether or not something was committed. */
  look(): void
  /** Answers all that wait now. */
  release(): void
  /** Answers all that wait, and whoever would wait from now on. */
  drain(): void
  stop(): Promise<void>
}

/** Between two looks at what has changed here, and at what another replica may have changed. */
const TICK_MS = 25
const ANYWAY_MS = 500
/** Looks take no larger part of the time than one of so many. */
const SPARE = 10
const IDLE_MS = 60_000

/** Calls that wait, in memory: looked at together, when something was committed here and twice a second. */
export function waitTable<Of>({ name, log, commits, settled }: Table<Of>): WaitTable<Of> {
  const waiting = new Set<Waiter<Of>>()
  let isDraining = false
  let isForced = false
  let seenCommits = -1
  let lookedAt = 0
  let looking: Loop | undefined

  const expire = () => {
    const now = performance.now()
    for (const waiter of waiting) if (waiter.until <= now) waiter.end(false)
  }

  async function run(): Promise<number> {
    expire()
    if (waiting.size === 0) return IDLE_MS
    const startedAt = performance.now()
    const present = commits()
    if (isForced || present !== seenCommits || startedAt - lookedAt >= ANYWAY_MS) {
      isForced = false
      for (const waiter of await settled([...waiting])) waiter.end(true)
      seenCommits = present
      lookedAt = startedAt
    }
    const now = performance.now()
    const nextEnd = Math.min(...[...waiting].map(({ until }) => until - now))
    return Math.max(0, Math.min(ANYWAY_MS, nextEnd, Math.max(TICK_MS, SPARE * (now - startedAt))))
  }

  function look(): void {
    isForced = true
    looking?.wake()
  }
  const release = () => {
    for (const waiter of waiting) waiter.end(false)
  }

  return {
    look,
    release,
    drain() {
      isDraining = true
      release()
    },
    wait(of, call, seconds) {
      if (isDraining) return Promise.resolve(false)
      return new Promise<boolean>((resolve) => {
        let stopListening = () => {}
        const end = (isSettled: boolean) => {
          if (!waiting.delete(waiter)) return
          stopListening()
          resolve(isSettled)
        }
        const waiter: Waiter<Of> = { of, call, until: performance.now() + 1_000 * seconds, end }
        waiting.add(waiter)
        stopListening = call.onGone(() => end(false))
        looking ??= loop(name, log, run)
        look()
      })
    },
    async stop() {
      await looking?.stop()
    },
  }
}
