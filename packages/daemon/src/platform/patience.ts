import { setTimeout as pause } from 'node:timers/promises'

/** How long somebody is waited for: until they answer at all, and until they have answered everything. */
export type Patience = { readonly firstMs: number; readonly allMs: number }

/** What the work comes to, or what `late` says of the time that was too short. The work tells that somebody has answered. */
export async function within<T>(
  { firstMs, allMs }: Patience,
  work: (heard: () => void) => Promise<T>,
  late: (ms: number) => Error,
): Promise<T> {
  const waiting = new AbortController()
  let isHeard = false
  const tooLate = async (): Promise<never> => {
    await pause(firstMs, undefined, { signal: waiting.signal })
    if (!isHeard) throw late(firstMs)
    await pause(allMs - firstMs, undefined, { signal: waiting.signal })
    throw late(allMs)
  }
  const over = tooLate()
  try {
    return await Promise.race([
      work(() => {
        isHeard = true
      }),
      over,
    ])
  } finally {
    waiting.abort()
    // The pause ends with the abort; whoever raced against it was told.
    over.catch(() => undefined)
  }
}
