export type Recent<T> = Pick<Map<string, T>, 'get' | 'has' | 'delete' | 'size'> & { put(key: string, value: T): void }

/** Values by names that somebody else gives: when there are too many, what was put longest ago is forgotten. */
export function recent<T>(most = 10_000): Recent<T> {
  const values = new Map<string, T>()
  return {
    get: (key) => values.get(key),
    has: (key) => values.has(key),
    delete: (key) => values.delete(key),
    get size() {
      return values.size
    },
    put(key, value) {
      values.delete(key)
      const [oldest] = values.size >= most ? values.keys() : []
      if (oldest !== undefined) values.delete(oldest)
      values.set(key, value)
    },
  }
}
