/**
 * Runs functions of one name one after another, in the order of the calls; those of other names at the same time.
 * For what is in order only if nothing comes between a commit and what follows it in memory.
 */
export function turns(): <T>(name: string, fn: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (name, fn) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(fn)
    // Whoever asked gets the error; the next in line only waits for the end.
    const end = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(name, end)
    try {
      return await mine
    } finally {
      if (last.get(name) === end) last.delete(name)
    }
  }
}
