import { isJudgedSetting, type JudgedSettings, type Settings, settingText } from '@waiaas/contract'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { isSealed } from '../platform/sealed-text.ts'
import { settingValue } from './changes.ts'
import { readRow } from './rows.ts'
import { type SettingRow, settingStore } from './store.ts'

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
  /** The settings of one version, whose rows are the same for whoever reads that version. */
  let versioned: { version: number; settings: JudgedSettings } | undefined

  async function load(): Promise<void> {
    const rows = await database.read((db) => settingStore.all(db))
    const text = JSON.stringify(rows)
    const isKnown = text === seen
    if (isKnown && !isWaitingForKey) return
    const secret = rows.some(({ value }) => isSealed(value)) ? await subkey().catch(() => undefined) : undefined
    const changed = readable(rows, secret, isKnown ? undefined : log)
    isWaitingForKey = secret === undefined && rows.some(({ value }) => isSealed(value))
    secret?.fill(0)
    seen = text
    stored = new Set(changed.keys())
    adopt(above(configured, changed))
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
    /**
     * Those that decisions read, as a job sees them, whatever this process has taken over. `version` is the common one of
     * the policies, which each change of one of these raises in its job.
     */
    async at(db: Handle, version: number): Promise<JudgedSettings> {
      if (versioned?.version === version) return versioned.settings
      const settings = judged(above(configured, readable(await settingStore.all(db), undefined, undefined)))
      versioned = { version, settings }
      return settings
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

/** The values of rows that can be read. */
const readable = (rows: readonly SettingRow[], secret: Uint8Array | undefined, log: Log | undefined) =>
  new Map(rows.map((row) => [row.key, readRow(row, secret, log)] as const).filter(([, value]) => value !== undefined))

const above = (configured: Settings, changed: ReadonlyMap<string, unknown>): Settings =>
  // Each value was parsed by the schema of its key.
  ({ ...configured, ...Object.fromEntries(changed) }) as Settings

/** No other setting is to be had under a version. */
const judged = (all: Settings): JudgedSettings =>
  Object.fromEntries(Object.entries(all).filter(([key]) => isJudgedSetting(key))) as JudgedSettings

const textOf = (values: Settings, key: string): string => settingText(settingValue(values, key))
