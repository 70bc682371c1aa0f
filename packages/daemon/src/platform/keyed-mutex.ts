export type KeyedMutex = <T>(key: string, fn: () => Promise<T>) => Promise<T>

/**
 * Runs functions of one key one after another, in the order of the calls; those of other keys at the same time.
 * For what is in order only if nothing comes between a commit and what follows it in memory.
 */
export function keyedMutex(): KeyedMutex {
  const last = new Map<string, Promise<unknown>>()
  return async (key, fn) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(fn)
    // Whoever asked gets the error; the next in line only waits for the end.
    const end = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(key, end)
    try {
      return await mine
    } finally {
      if (last.get(key) === end) last.delete(key)
    }
  }
}
