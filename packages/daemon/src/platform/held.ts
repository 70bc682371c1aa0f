import { isFailure } from '@waiaas/contract'
import type { Clock } from './clock.ts'
import { type Loop, loop } from './jobs.ts'
import type { Log } from './log.ts'

/** A stop: how it is written, and what makes this process do as it says before it is. */
type Stop<T> = {
  /** `since` is when it was asked for, in milliseconds, where it could not be written then. */
  write(since: number | undefined): Promise<T>
  hold(): Promise<unknown>
}
type Entry = { readonly since: number; write(since: number): Promise<unknown>; trying?: Promise<void> | undefined }
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
    // One after the other: a later one may build on an earlier one.
    for (const [name, entry] of entries) await tryNow(name, entry)
  }

  return {
    /** Writes a stop. Where that is not possible it holds from now on, and the outcome says so. Declared failures fly. */
    async write<T>(name: string, { write, hold }: Stop<T>): Promise<Outcome<T>> {
      try {
        return { written: await write(undefined) }
      } catch (error) {
        if (!isUnwritten(error)) throw error
        log.error({ stop: name, err: error }, 'a stop could not be written; it holds in memory, and is tried again')
      }
      const since = entries.get(name)?.since ?? clock.now()
      if (!entries.has(name)) entries.set(name, { since, write })
      writing?.wake()
      // This process has the stop by now; what other replicas do is not known while the database cannot be asked.
      await hold().catch((error: unknown) => log.error({ stop: name, err: error }, 'not all could be asked to stop'))
      return { since, unwritten: UNWRITTEN }
    },
    /** Since when a stop is held that is not written yet, in milliseconds. */
    since: (name: string): number | undefined => entries.get(name)?.since,
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

/** What a stop that is held says of itself. */
export const UNWRITTEN =
  'it holds in this process and is written as soon as the disk takes it; a restart before that loses it: then repeat it'

/** Whatever keeps a stop from being written, but what was declared against it. */
const isUnwritten = (error: unknown): boolean => !isFailure(error) || error.code === 'STORAGE_UNAVAILABLE'
