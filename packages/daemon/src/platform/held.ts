import { isFailure } from '@waiaas/contract'
import type { Clock } from './clock.ts'
import { type Loop, loop } from './jobs.ts'
import type { Log } from './log.ts'

/** A stop: how it is written, and what makes this process do as it says before it is. */
type Stop<T> = {
  /** The wallet that signs nothing while it is not written; null: none does. Left out: its readers ask `since` for it. */
  wallet?: string | null
  /** `since` is when it was asked for, in milliseconds, where it could not be written then. */
  write(since: number | undefined): Promise<T>
  hold(): Promise<unknown>
}
type Entry = {
  readonly since: number
  readonly wallet: string | null | undefined
  write(since: number): Promise<unknown>
  trying?: Promise<void> | undefined
}
export type Outcome<T> = { readonly written: T } | { readonly since: number; readonly unwritten: string }
export type Held = ReturnType<typeof heldStops>

const AGAIN_MS = 1_000

/**
 * Stops that hold in memory because they could not be written, and are written as soon as that is possible. Whoever reads
 * what a stop changes asks `since` too. A restart before that loses them.
 */
export function heldStops({ clock, log }: { clock: Pick<Clock, 'now'>; log: Log }) {
  const entries = new Map<string, Entry>()
  let writing: Loop | undefined

  /** Rejects when it still cannot be written. What the database declines by a declared failure is over. */
  function tryNow(name: string, entry: Entry): Promise<void> {
    entry.trying ??= (async () => {
      try {
        await entry.write(entry.since)
        log.warn({ stop: name }, 'a stop that was held in memory is written')
      } catch (error) {
        if (isUnwritten(error)) throw error
        log.warn({ stop: name, err: error }, 'a stop that was held in memory is over')
      } finally {
        entry.trying = undefined
      }
      if (entries.get(name) === entry) entries.delete(name)
    })()
    return entry.trying
  }

  async function tryAll(): Promise<void> {
    const left: { entry: Entry; error: unknown }[] = []
    for (const [name, entry] of entries) {
      // A later one may build on an earlier one of the same wallet.
      if (left.some((one) => concern(one.entry.wallet, entry.wallet))) continue
      await tryNow(name, entry).catch((error: unknown) => left.push({ entry, error }))
    }
    if (left[0]) throw left[0].error
  }

  /** What is held of the same wallet is older, and is written first. */
  async function writeAfter<T>(wallet: Entry['wallet'], write: Stop<T>['write']): Promise<T> {
    for (const [name, entry] of entries) if (concern(entry.wallet, wallet)) await tryNow(name, entry)
    return write(undefined)
  }

  return {
    /** Writes a stop. Where that is not possible it holds from now on, and the outcome says so. Declared failures fly. */
    async write<T>(name: string, { wallet, write, hold }: Stop<T>): Promise<Outcome<T>> {
      try {
        return { written: await writeAfter(wallet, write) }
      } catch (error) {
        if (!isUnwritten(error)) throw error
        log.error({ stop: name, err: error }, 'a stop could not be written; it holds in memory, and is tried again')
      }
      const since = entries.get(name)?.since ?? clock.now()
      if (!entries.has(name)) entries.set(name, { since, wallet, write })
      writing?.wake()
      // This process has the stop by now; what other replicas do is not known while the database cannot be asked.
      await hold().catch((error: unknown) => log.error({ stop: name, err: error }, 'not all could be asked to stop'))
      return { since, unwritten: UNWRITTEN }
    },
    /** Since when a stop is held that is not written yet, in milliseconds. */
    since: (name: string): number | undefined => entries.get(name)?.since,
    /** A stop is held that lets this wallet sign nothing. */
    keeps: (walletId: string): boolean => [...entries.values()].some(({ wallet }) => concern(wallet, walletId)),
    /** Writes it now, before something that comes after it. Failure STORAGE_UNAVAILABLE while that is not possible. */
    async settle(name: string): Promise<void> {
      const entry = entries.get(name)
      if (entry) await tryNow(name, entry)
    },
    /** Those that are not written yet. */
    names: (): readonly string[] => [...entries.keys()],
    start() {
      writing = loop('held stops', log, async () => {
        await tryAll()
        return AGAIN_MS
      })
    },
    async stop(): Promise<void> {
      await writing?.stop()
      await tryAll().catch((error: unknown) =>
        log.error(
          { stops: [...entries.keys()], err: error },
          'stops that hold in memory end with this process: repeat them',
        ),
      )
    },
  }
}

const concern = (one: Entry['wallet'], other: Entry['wallet']): boolean =>
  one !== undefined && other !== undefined && (one === null || other === null || one === other)

/** What a stop that is held says of itself. */
export const UNWRITTEN =
  'it holds in this process and is written as soon as the disk takes it; a restart before that loses it: then repeat it'

/** Whatever keeps a stop from being written, but what was declared against it. */
const isUnwritten = (error: unknown): boolean => !isFailure(error) || error.code === 'STORAGE_UNAVAILABLE'
