import { Failure, holdsSecret, type SETTING_SOURCES, type Settings, settingText } from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { type Change, changeOf, parseChanges, settingValue } from './changes.ts'
import { readRow } from './rows.ts'
import { isSealed, seal } from './sealed.ts'
import { type SettingRow, settingStore } from './store.ts'

export type SettingsOptions = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly audit: Audit
  /** Values of config.toml and the environment; a value that was changed at run time comes before them. */
  readonly configured: Settings
  /** Where each of those comes from; the default unless told. */
  readonly origins: ReadonlyMap<string, SettingSource>
  /** In the job of a change, with the keys that it sets. */
  readonly withChange: (db: Handle, keys: readonly string[]) => Promise<void>
  /** 32 bytes for sealing what answers hide; rejects while the keystore is locked. */
  readonly subkey: () => Promise<Uint8Array>
}
type SettingSource = (typeof SETTING_SOURCES)[number]
export type SettingsListener = (settings: Settings, changed: readonly string[]) => void
export type SettingsService = Awaited<ReturnType<typeof settingsService>>

const WATCH_MS = 1_000

/** Configuration with what the operator changed at run time above it. */
export async function settingsService(options: SettingsOptions) {
  const { database, clock, log, audit, configured, origins, subkey, withChange } = options
  const listeners: SettingsListener[] = []
  let current = configured
  /** The rows that `current` was made of, as text. */
  let seen = ''
  /** What `current` has from them. */
  let stored: ReadonlySet<string> = new Set()
  /** Sealed values that could not be read yet. */
  let isWaitingForKey = false
  let loading: Promise<void> = Promise.resolve()

  /** One after the other, so that an older reading never replaces a newer one. */
  function reload(): Promise<void> {
    const mine = loading.then(load)
    // Whoever asked gets the error; the next one only waits for the end.
    loading = mine.catch(() => undefined)
    return mine
  }

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

  async function update(changes: readonly Change[], { actor, ip }: By): Promise<void> {
    const parsed = parseChanges(changes)
    const set = [...parsed].filter(([, value]) => value !== null)
    const unset = [...parsed.keys()].filter((key) => parsed.get(key) === null)
    const secret = set.some(([key, value]) => holdsSecret(key, value)) ? await unlockedKey(subkey) : undefined
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      const at = clock.now()
      const rows = set.map(([key, value]): SettingRow => {
        const text = settingText(value)
        return { key, value: secret && holdsSecret(key, value) ? seal(secret, key, text) : text, updated_at: at }
      })
      const before = new Map((await settingStore.all(db)).map((row) => [row.key, row]))
      await settingStore.put(db, rows)
      await settingStore.remove(db, unset)
      await withChange(db, [...parsed.keys()])
      const told = [...parsed].map(([key, value]) => changeOf({ key, before: before.get(key), value, configured }))
      const details = { keys: [...parsed.keys()], changes: told }
      await audit.record(db, { event: 'SETTINGS_CHANGED', actor, ip, details })
    })
    secret?.fill(0)
    await reload()
  }

  await reload()
  return {
    /** The values as they are now; the object keeps its identity until one changes. */
    get: (): Settings => current,
    sourceOf: (key: string): SettingSource => (stored.has(key) ? 'database' : (origins.get(key) ?? 'default')),
    /** Changes all of them or none, with evidence. Failure ACTION_VALIDATION_FAILED names each key that cannot be. */
    update,
    /** Looks for changes of another daemon on the same database, and for sealed values once the keystore is unlocked. */
    refresh: reload,
    /** Does that every second, until stopped: where daemons share a database. */
    watch: (): Loop =>
      loop('settings', log, async () => {
        await reload()
        return WATCH_MS
      }),
    /** Calls after each change, with the keys whose value is another one now. */
    onChange(listener: SettingsListener): void {
      listeners.push(listener)
    },
  }
}

const textOf = (values: Settings, key: string): string => settingText(settingValue(values, key))

async function unlockedKey(subkey: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await subkey()
  } catch (cause) {
    throw new Failure('KEYSTORE_LOCKED', 'a secret setting can be stored only while the keystore is unlocked', {
      cause,
    })
  }
}
