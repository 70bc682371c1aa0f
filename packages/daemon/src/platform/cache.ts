export type CacheOptions = {
  /** Up to this age a value is used without a look. */
  readonly freshMs: number
  /** Up to this age it is used at once and renewed behind the caller's back. */
  readonly staleMs: number
  readonly clock: () => number
}

export type Cache<T> = {
  get(key: string, load: () => Promise<T>): Promise<T>
  /** Loads whatever the age. */
  renew(key: string, load: () => Promise<T>): Promise<T>
  /** The value and its age if it may still be used without waiting. */
  peek(key: string): { readonly value: T; readonly ageMs: number } | undefined
  put(key: string, value: T): void
  drop(key: string): void
}

const entriesMost = 10_000

/** Values that are worth a moment's age. Callers who miss at the same time share one load. */
export function cache<T>({ freshMs, staleMs, clock }: CacheOptions): Cache<T> {
  const entries = new Map<string, { value: T; at: number }>()
  const loading = new Map<string, Promise<T>>()

  function put(key: string, value: T, at = clock()): void {
    entries.delete(key)
    if (entries.size >= entriesMost) entries.delete(entries.keys().next().value!)
    entries.set(key, { value, at })
  }

  function renew(key: string, load: () => Promise<T>): Promise<T> {
    const running = loading.get(key)
    if (running) return running
    const startedAt = clock()
    const promise = load()
      .then((value) => {
        put(key, value, startedAt)
        return value
      })
      .finally(() => loading.delete(key))
    loading.set(key, promise)
    return promise
  }

  function peek(key: string) {
    const entry = entries.get(key)
    const ageMs = entry ? clock() - entry.at : 0
    return entry && ageMs < staleMs ? { value: entry.value, ageMs } : undefined
  }

  return {
    put: (key, value) => put(key, value),
    drop: (key) => entries.delete(key),
    renew,
    peek,
    async get(key, load) {
      const found = peek(key)
      if (!found) return renew(key, load)
      // A renewal that fails leaves the old value until it is too old; then the caller meets the error.
      if (found.ageMs >= freshMs) renew(key, load).catch(() => undefined)
      return found.value
    },
  }
}
