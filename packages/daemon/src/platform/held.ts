import type { Clock } from './clock.ts'
import { type Loop, loop } from './jobs.ts'
import type { Log } from './log.ts'
import { type Concerned, isUnwritten, unwrittenStops } from './unwritten-stops.ts'

/** A stop: how it is written, and what makes this process do as it says before it is. */
type Stop<T> = {
  /** The wallet that signs nothing while it is not written; null: none does. Left out: its readers ask `since` for it. */
  wallet?: string | null
  /** `since` is when it was asked for, in milliseconds, where it could not be written then. */
  write(since: number | undefined): Promise<T>
  hold(): Promise<unknown>
}
export type Outcome<T> = { readonly written: T } | { readonly since: number; readonly unwritten: string }
export type Held = ReturnType<typeof heldStops>

const AGAIN_MS = 1_000

/**
 * Stops that hold in memory because they could not be written, and are written as soon as that is possible. Whoever reads
 * what a stop changes asks `since` too. A restart before that loses them.
 */
export function heldStops({ clock, log }: { clock: Pick<Clock, 'now'>; log: Log }) {
  const unwritten = unwrittenStops(log)
  let writing: Loop | undefined

  /** What is held of the same wallet is older, and is written first. */
  async function writeAfter<T>(wallet: Concerned, write: Stop<T>['write']): Promise<T> {
    await unwritten.settleOf(wallet)
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
      const since = unwritten.add(name, { since: clock.now(), wallet, write })
      writing?.wake()
      // This process has the stop by now; what other replicas do is not known while the database cannot be asked.
      await hold().catch((error: unknown) => log.error({ stop: name, err: error }, 'not all could be asked to stop'))
      return { since, unwritten: UNWRITTEN }
    },
    /** Since when a stop is held that is not written yet, in milliseconds. */
    since: unwritten.since,
    /** A stop is held that lets this wallet sign nothing. */
    keeps: unwritten.concerns,
    /** Writes it now, before something that comes after it. Failure STORAGE_UNAVAILABLE while that is not possible. */
    settle: unwritten.settle,
    /** Those that are not written yet. */
    names: (): readonly string[] => unwritten.names(),
    start() {
      writing = loop('held stops', log, async () => {
        await unwritten.settleAll()
        return AGAIN_MS
      })
    },
    async stop(): Promise<void> {
      await writing?.stop()
      await unwritten
        .settleAll()
        .catch((error: unknown) =>
          log.error(
            { stops: unwritten.names(), err: error },
            'stops that hold in memory end with this process: repeat them',
          ),
        )
    },
  }
}

/** What a stop that is held says of itself. */
export const UNWRITTEN =
  'it holds in this process and is written as soon as the disk takes it; a restart before that loses it: then repeat it'
