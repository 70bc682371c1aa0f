import { isFailure } from '@waiaas/contract'
import type { Log } from './log.ts'

/** The wallet that signs nothing meanwhile; null: none does; undefined: its readers ask for it by name. */
export type Concerned = string | null | undefined
export type UnwrittenStop = {
  /** When it was asked for, in milliseconds. */
  readonly since: number
  readonly wallet: Concerned
  write(since: number): Promise<unknown>
}
type Entry = UnwrittenStop & { trying?: Promise<void> | undefined }

/** Stops that could not be written, by name and in the order of asking. */
export function unwrittenStops(log: Log) {
  const entries = new Map<string, Entry>()

  async function attempt(name: string, entry: Entry): Promise<void> {
    try {
      await entry.write(entry.since)
      log.warn({ stop: name }, 'a stop that was held in memory is written')
    } catch (error) {
      if (isUnwritten(error)) throw error
      log.warn({ stop: name, err: error }, 'a stop that was held in memory is over')
    }
    if (entries.get(name) === entry) entries.delete(name)
  }

  /** Rejects when it still cannot be written. What the database declines by a declared failure is over. */
  function tryNow(name: string, entry: Entry): Promise<void> {
    entry.trying ??= attempt(name, entry).finally(() => {
      entry.trying = undefined
    })
    return entry.trying
  }

  return {
    /** A stop of a name that is there already is the same one. Gives since when it holds. */
    add(name: string, stop: UnwrittenStop): number {
      const entry = entries.get(name) ?? stop
      entries.set(name, entry)
      return entry.since
    },
    since: (name: string): number | undefined => entries.get(name)?.since,
    concerns: (wallet: string): boolean => [...entries.values()].some((entry) => concern(entry.wallet, wallet)),
    names: (): string[] => [...entries.keys()],
    /** Writes one; nothing when there is none of this name. */
    async settle(name: string): Promise<void> {
      const entry = entries.get(name)
      if (entry) await tryNow(name, entry)
    },
    /** Writes those of the same wallet, oldest first. Rejects at the first that cannot be written. */
    async settleOf(wallet: Concerned): Promise<void> {
      for (const [name, entry] of entries) if (concern(entry.wallet, wallet)) await tryNow(name, entry)
    },
    /** Writes what can be written; rejects when that is not all. */
    async settleAll(): Promise<void> {
      const left: { entry: Entry; error: unknown }[] = []
      for (const [name, entry] of entries) {
        // A later one may build on an earlier one of the same wallet.
        if (left.some((one) => concern(one.entry.wallet, entry.wallet))) continue
        await tryNow(name, entry).catch((error: unknown) => left.push({ entry, error }))
      }
      if (left[0]) throw left[0].error
    },
  }
}

const concern = (one: Concerned, other: Concerned): boolean =>
  one !== undefined && other !== undefined && (one === null || other === null || one === other)

/** Whatever keeps a stop from being written, but what was declared against it. */
export const isUnwritten = (error: unknown): boolean => !isFailure(error) || error.code === 'STORAGE_UNAVAILABLE'
