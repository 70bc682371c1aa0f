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

export type Changed = {
  readonly key: string
  /** What was changed at run time until then, by key. */
  readonly rows: ReadonlyMap<string, SettingRow>
  readonly value: unknown
  readonly configured: Settings
}

/** What it was and what it becomes; and the values of others until then. */
function comparedOf({ key, rows, value, configured }: Changed) {
  const held = (name: string): unknown => {
    const row = rows.get(name)
    return (row && readRow(row, undefined, undefined)) ?? settingValue(configured, name)
  }
  return { old: held(key), next: value ?? settingValue(configured, key), held }
}

/** The only wallets that more may leave by what loosens of these; undefined: any. */
export function loosenedBy(changes: readonly Changed[]): ReadonlySet<string> | undefined {
  const wallets = new Set<string>()
  for (const change of changes.filter((one) => changeOf(one).loosens)) {
    const { old, next, held } = comparedOf(change)
    const own = needSetting(change.key).loosensFor?.(old, next, held)
    if (!own) return undefined
    for (const wallet of own) wallets.add(wallet)
  }
  return wallets
}

/** What the evidence says of a change: both values, but of one that holds a secret only that there was one. */
export function changeOf(change: Changed): Told {
  const { key, rows, value } = change
  const before = rows.get(key)
  const isHidden = before !== undefined && isSealed(before.value)
  const { old, next, held } = comparedOf(change)
  const compare = needSetting(key).loosens
  // What is sealed cannot be compared here, and counts as a loosening.
  const loosens = compare && (isHidden || compare(old, next, held))
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
