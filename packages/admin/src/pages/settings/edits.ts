import { parseSetting, settings } from '@waiaas/contract'
import type { Answered } from '../../data/use.ts'

type Schema = Answered<'getSettingsSchema'>
export type Category = Extract<Schema, { categories: unknown }>['categories'][number]
export type Described = Category['settings'][number]
/** What somebody typed and did not save, by key; null takes back what was set here. */
export type Edits = ReadonlyMap<string, string | null>

/** The value of now, as text; of a secret whether it is set. */
export function valueNow(values: Answered<'getSettings'>, { key, category }: Described): string | boolean {
  return values[category]?.[key.slice(category.length + 1)] ?? ''
}

/** What was expected in place of a text; undefined where it is right. */
export function wrongIn(key: string, text: string): string | undefined {
  try {
    parseSetting(key, text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

type Change = { readonly setting: Described; readonly from: string | boolean; readonly to: string | null }
/** Whether more may leave afterwards, as the evidence will say; what nobody can tell here counts as that. */
export function loosens({ setting, from, to }: Change): boolean {
  const rule = settings[setting.key]?.loosens
  if (!rule) return false
  if (typeof from === 'boolean' || to === null) return true
  if (wrongIn(setting.key, to) !== undefined) return false
  return rule(parseSetting(setting.key, from), parseSetting(setting.key, to))
}

/** Whether a setting has all that somebody looks for in its name or meaning. */
export function isFound({ key, label, description }: Described, search: string): boolean {
  const text = `${key} ${label} ${description}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
