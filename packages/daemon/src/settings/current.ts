import { type Settings, settingText } from '@waiaas/contract'
import type { Database } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { settingValue } from './changes.ts'
import { readRow } from './rows.ts'
import { isSealed } from './sealed.ts'
import { settingStore } from './store.ts'

type SettingsListener = (settings: Settings, changed: readonly string[]) => void
type CurrentParts = {
  readonly database: Database
  readonly log: Log
  readonly configured: Settings
  readonly subkey: () => Promise<Uint8Array>
}

/** The settings as they are now: the configured ones below those that are stored. */
export function currentSettings({ database, log, configured, subkey }: CurrentParts) {
  const listeners: SettingsListener[] = []
  let current = configured
  /** The rows that `current` was made of, as text. */
  let seen = ''
  /** What `current` has from them. */
  let stored: ReadonlySet<string> = new Set()
  /** Sealed values that could not be read yet. */
  let isWaitingForKey = false
  let loading: Promise<void> = Promise.resolve()

  async function load(): Promise<void> {
    const rows = await database.read((db) => settingStore.all(db))
    const text = JSON.stringify(rows)
    const isKnown = text === seen
    if (isKnown && !isWaitingForKey) return
    const secret = rows.some(({ value }) => isSealed(value)) ? await subkey().catch(() => undefined) : undefined
    const values = new Map(rows.map((row) => [row.key, readRow(row, secret, isKnown ? undefined : log)]))
    const changed = new Map([...values].filter(([, value]) => value !== undefined))
    isWaitingForKey = secret === undefined && rows.some(({ value }) => isSealed(value))
    secret?.fill(0)
    seen = text
    stored = new Set(changed.keys())
    // Each value was parsed by the schema of its key.
    adopt({ ...configured, ...Object.fromEntries(changed) } as Settings)
  }

  function adopt(next: Settings): void {
    const changed = Object.keys(next).filter((key) => textOf(next, key) !== textOf(current, key))
    if (changed.length === 0) return
    current = next
    for (const listener of listeners) listener(current, changed)
  }

  return {
    get: (): Settings => current,
    isStored: (key: string): boolean => stored.has(key),
    onChange(listener: SettingsListener): void {
      listeners.push(listener)
    },
    /** One after the other, so that an older reading never replaces a newer one. */
    reload(): Promise<void> {
      const mine = loading.then(load)
      // Whoever asked gets the error; the next one only waits for the end.
      loading = mine.catch(() => undefined)
      return mine
    },
  }
}

const textOf = (values: Settings, key: string): string => settingText(settingValue(values, key))
