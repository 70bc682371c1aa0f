import {
  envName,
  Failure,
  holdsSecret,
  isFailure,
  parseSetting,
  type Settings,
  settingText,
  settings as table,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { type Loop, loop } from '../platform/jobs.ts'
import type { Log } from '../platform/log.ts'
import { isSealed, seal, unseal } from './sealed.ts'
import { type SettingRow, settingStore } from './store.ts'

export type SettingsOptions = {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly audit: Audit
  /** Values of config.toml and the environment; a value that was changed at run time comes before them. */
  readonly configured: Settings
  /** In the job of a change, with the keys that it sets. */
  readonly withChange: (db: Handle, keys: readonly string[]) => Promise<void>
  /** 32 bytes for sealing what answers hide; rejects while the keystore is locked. */
  readonly subkey: () => Promise<Uint8Array>
}
export type Change = { readonly key: string; readonly value: string }
export type By = { readonly actor: string; readonly ip?: string | undefined }
export type SettingsListener = (settings: Settings, changed: readonly string[]) => void
export type SettingsService = Awaited<ReturnType<typeof settingsService>>

const WATCH_MS = 1_000

/** Configuration with what the operator changed at run time above it. */
export async function settingsService(options: SettingsOptions) {
  const { database, clock, log, audit, configured, subkey, withChange } = options
  const listeners: SettingsListener[] = []
  let current = configured
  let version = -1
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
    const { rows, at } = await database.read(async (db) => ({
      rows: await settingStore.all(db),
      at: await settingStore.version(db),
    }))
    if (at === version && !isWaitingForKey) return
    const secret = rows.some(({ value }) => isSealed(value)) ? await subkey().catch(() => undefined) : undefined
    const next: Record<string, unknown> = { ...configured }
    for (const row of rows) {
      const value = readRow(row, secret, at === version ? undefined : log)
      if (value !== undefined) next[row.key] = value
    }
    isWaitingForKey = secret === undefined && rows.some(({ value }) => isSealed(value))
    secret?.fill(0)
    version = at
    // Each value was parsed by the schema of its key.
    adopt(next as Settings)
  }

  function adopt(next: Settings): void {
    const changed = Object.keys(next).filter((key) => textOf(next, key) !== textOf(current, key))
    if (changed.length === 0) return
    current = next
    for (const listener of listeners) listener(current, changed)
  }

  async function update(changes: readonly Change[], { actor, ip }: By): Promise<void> {
    const parsed = parseAll(changes)
    const secret = [...parsed].some(([key, value]) => holdsSecret(key, value)) ? await unlockedKey(subkey) : undefined
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      const at = Math.max(clock.now(), (await settingStore.version(db)) + 1)
      const rows = [...parsed].map(([key, value]): SettingRow => {
        const text = settingText(value)
        return { key, value: secret && holdsSecret(key, value) ? seal(secret, key, text) : text, updated_at: at }
      })
      await settingStore.put(db, rows)
      await withChange(db, [...parsed.keys()])
      await audit.record(db, { event: 'SETTINGS_CHANGED', actor, ip, details: { keys: [...parsed.keys()] } })
    })
    secret?.fill(0)
    await reload()
  }

  await reload()
  return {
    /** The values as they are now; the object keeps its identity until one changes. */
    get: (): Settings => current,
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

const textOf = (values: Settings, key: string): string =>
  settingText((values as Readonly<Record<string, unknown>>)[key] ?? '')

function parseAll(changes: readonly Change[]): Map<string, unknown> {
  const parsed = new Map<string, unknown>()
  const issues: { path: string; message: string }[] = []
  for (const { key, value } of changes) {
    try {
      const read = parseSetting(key, value)
      if (parsed.has(key)) issues.push({ path: key, message: 'given more than once' })
      else if (table[key]?.runtime) parsed.set(key, read)
      else issues.push({ path: key, message: whereItIsSet(key) })
    } catch (error) {
      if (!isFailure(error)) throw error
      issues.push({ path: key.slice(0, 100), message: error.message })
    }
  }
  if (issues.length === 0) return parsed
  const messages = issues.map(({ path, message }) => (message.startsWith(path) ? message : `${path}: ${message}`))
  throw new Failure('ACTION_VALIDATION_FAILED', messages.join('; '), { details: { issues } })
}

function whereItIsSet(key: string): string {
  const [section, ...name] = key.split('.')
  return `is read at start: set ${name.join('.')} under [${section}] in config.toml, or ${envName(key)}, and restart`
}

async function unlockedKey(subkey: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await subkey()
  } catch (cause) {
    throw new Failure('KEYSTORE_LOCKED', 'a secret setting can be stored only while the keystore is unlocked', {
      cause,
    })
  }
}

/** The value of a row, or undefined where the configured one stays: unreadable rows are told of, never guessed at. */
function readRow({ key, value }: SettingRow, secret: Uint8Array | undefined, log: Log | undefined): unknown {
  if (!table[key]?.runtime) return undefined
  if (isSealed(value) && !secret) {
    log?.warn({ setting: key }, 'this setting is sealed until the keystore is unlocked; the configured value is used')
    return undefined
  }
  const text = isSealed(value) && secret ? unseal(secret, key, value) : value
  if (text === undefined) {
    log?.error({ setting: key }, 'this stored setting was altered; the configured value is used until it is set again')
    return undefined
  }
  try {
    return parseSetting(key, text)
  } catch (error) {
    if (!isFailure(error)) throw error
    log?.error({ setting: key }, 'this stored setting does not fit; the configured value is used until it is set again')
    return undefined
  }
}
