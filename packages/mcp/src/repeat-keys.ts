import { randomUUID } from 'node:crypto'

/** For how long a call is taken for the repeat of one whose answer never came. */
const REMEMBER_MS = 600_000

export type RepeatKeys = {
  /** The Idempotency-Key of a call: a new one, or that of the same call if its fate is unknown. */
  keyOf(call: string): string
  /** Remembers the key until the same call has an answer. */
  markUnknown(call: string, key: string): void
  markAnswered(call: string): void
}

/** Models repeat a call that failed. Under the key of the lost call, the repeat cannot pay twice. */
export function repeatKeys(now: () => number = Date.now): RepeatKeys {
  const unknown = new Map<string, { key: string; until: number }>()
  return {
    keyOf(call) {
      const known = unknown.get(call)
      return known && known.until > now() ? known.key : randomUUID()
    },
    markUnknown(call, key) {
      for (const [other, { until }] of unknown) if (until <= now()) unknown.delete(other)
      unknown.set(call, { key, until: now() + REMEMBER_MS })
    },
    markAnswered: (call) => void unknown.delete(call),
  }
}

/** A call as text: the same for the same arguments in any order, however long it is to wait. */
export const callText = (operation: string, { wait: _, ...input }: Record<string, unknown>): string =>
  JSON.stringify([operation, input], (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
