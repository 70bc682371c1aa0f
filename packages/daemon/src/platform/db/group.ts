import type { Handle } from './handle.ts'

/** Something of which each job has its own, and the jobs of a group have one; made when it is first asked for. */
export function perGroup<T>(make: () => T): (db: Handle) => T {
  const known = new WeakMap<object, T>()
  return (db) => {
    const key = db.group ?? db
    const made = known.get(key) ?? make()
    known.set(key, made)
    return made
  }
}

/** What `read` gives for a key: a group reads it once, any other job each time. For what no job of a group changes. */
export function groupReader<T>(read: (db: Handle, key: string) => Promise<T>): (db: Handle, key: string) => Promise<T> {
  const known = perGroup(() => new Map<string, Promise<T>>())
  return (db, key) => {
    if (!db.group) return read(db, key)
    const readings = known(db)
    const reading = readings.get(key) ?? read(db, key)
    readings.set(key, reading)
    return reading
  }
}
