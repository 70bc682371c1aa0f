import {
  envName,
  Failure,
  holdsSecret,
  isFailure,
  needSetting,
  parseSetting,
  type Settings,
  settingText,
  strangeNetworks,
} from '@waiaas/contract'
import { isSealed } from '../platform/sealed-text.ts'
import { readRow } from './rows.ts'
import type { SettingRow } from './store.ts'

/** Null unsets: the value is again that of the environment, config.toml or the default. */
export type Change = { readonly key: string; readonly value: string | null }
export type Told = {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly unset?: true
  readonly loosens?: true
}

const SECRET = '[secret]'

/** The new values by key, null to unset. Failure ACTION_VALIDATION_FAILED names each key that cannot be changed so. */
export function parseChanges(changes: readonly Change[], configured: Settings): Map<string, unknown> {
  const parsed = new Map<string, unknown>()
  const issues: { path: string; message: string }[] = []
  for (const { key, value } of changes) {
    try {
      const { runtime } = needSetting(key)
      const read = value === null ? null : parseSetting(key, value)
      const strange = strangeNetworks(key, read ?? {}, configured['networks.evm'])
      if (parsed.has(key)) issues.push({ path: key, message: 'given more than once' })
      else if (strange.length > 0) issues.push(...strange.map((message) => ({ path: key, message })))
      else if (runtime) parsed.set(key, read)
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

type Changed = {
  readonly key: string
  readonly before: SettingRow | undefined
  readonly value: unknown
  readonly configured: Settings
}

/** What the evidence says of a change: both values, but of one that holds a secret only that there was one. */
export function changeOf({ key, before, value, configured }: Changed): Told {
  const fallback = settingValue(configured, key)
  const isHidden = before !== undefined && isSealed(before.value)
  const old = (before && readRow(before, undefined, undefined)) ?? fallback
  const next = value ?? fallback
  const compare = needSetting(key).loosens
  // What is sealed cannot be compared here, and counts as a loosening.
  const loosens = compare && (isHidden || compare(old, next))
  return {
    key,
    from: isHidden ? SECRET : shown(key, old),
    to: shown(key, next),
    ...(value === null && { unset: true }),
    ...(loosens && { loosens: true }),
  }
}

export const settingValue = (values: Settings, key: string): unknown =>
  (values as Readonly<Record<string, unknown>>)[key] ?? ''

const shown = (key: string, value: unknown): string => (holdsSecret(key, value) ? SECRET : settingText(value))

function whereItIsSet(key: string): string {
  const [section, ...name] = key.split('.')
  return `is read at start: set ${name.join('.')} under [${section}] in config.toml, or ${envName(key)}, and restart`
}
