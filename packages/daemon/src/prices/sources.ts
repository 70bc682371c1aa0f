import { isFailure } from '@waiaas/contract'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { recent } from '../platform/recent.ts'

/** Read again after this; until then the last answer is good enough. */
const FRESH_MS = 15_000
/** Up to this age a caller is not kept waiting for the next answer. */
const USABLE_MS = 60_000
/** After a failure nobody waits for the same source again so soon. */
const PAUSE_MS = 10_000

type Source<A> = {
  answer?: A
  failedAt?: number
  /** Why it gave nothing usable, the last time that it was read. */
  fault?: string
  running?: Promise<void>
  isComplained?: boolean
}
export type Sources<A extends { readonly readAt: number }> = ReturnType<typeof sources<A>>

/** Things that are read rarely, each by its name: not while an answer is fresh, nor soon after a failure. */
export function sources<A extends { readonly readAt: number }>({ clock, log }: { clock: Clock; log: Log }) {
  const all = recent<Source<A>>()
  const counts = { hits: 0, misses: 0, staleHits: 0 }

  function complain(source: Source<A>, name: string, error: unknown): void {
    source.failedAt = clock.now()
    source.fault = isFailure(error) ? error.message : 'its source failed, the log says why'
    if (source.isComplained) return
    source.isComplained = true
    const reason = isFailure(error) ? { reason: error.message } : { err: error }
    log.warn({ source: name, ...reason }, 'no price from this source; it is asked again, silently')
  }

  return {
    /** The newest, however old. */
    answer: (name: string): A | undefined => all.get(name)?.answer,
    counts: () => ({ ...counts, size: all.size }),
    fault: (name: string): string | undefined => all.get(name)?.fault,
    /** Its answer came and is of no use. */
    doubt(name: string, why: string): void {
      const source = all.get(name)
      if (source?.answer) source.fault ??= why
    },
    /** Reads a source unless it was read or failed lately; resolves when a caller need not wait any more. */
    read(name: string, run: () => Promise<A | undefined>): Promise<void> {
      const source = all.get(name) ?? {}
      if (!all.has(name)) all.put(name, source)
      const age = Math.abs(clock.latest() - (source.answer?.readAt ?? 0))
      const isPaused = clock.now() - (source.failedAt ?? 0) < PAUSE_MS
      if (age < FRESH_MS) counts.hits++
      if (age < FRESH_MS || isPaused) return Promise.resolve()
      counts[age < USABLE_MS ? 'staleHits' : 'misses']++
      source.running ??= run()
        .then(
          (answer) => {
            if (answer) source.answer = answer
            delete source.failedAt
            delete source.fault
            source.isComplained = false
          },
          (error: unknown) => complain(source, name, error),
        )
        .finally(() => {
          delete source.running
        })
      return age < USABLE_MS ? Promise.resolve() : source.running
    },
  }
}
