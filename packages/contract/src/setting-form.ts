import { z } from 'zod'
import { plainIssue } from './plain-issues.ts'
import { HttpUrl } from './setting-values.ts'

export type HeldSettings = (key: string) => unknown
type Common = {
  /** One sentence for the reference and the settings page. */
  readonly summary: string
  /** `PUT /v1/admin/settings` can change it; otherwise it is read once, at start. */
  readonly runtime: boolean
  /** Never shown; answers say only whether it is set. */
  readonly secret?: true
  /**
   * Whether more may leave with the second value than with the first; for the evidence. `held` gives the value of another
   * setting, as it holds until then; without it, it is not known.
   */
  // Each is called with values that its setting was parsed to.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly loosens?: (from: any, to: any, held?: HeldSettings) => boolean
  /** Of a loosening: the ids of the only wallets that more may leave; undefined: of any. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly loosensFor?: (from: any, to: any, held: HeldSettings) => readonly string[] | undefined
  /** The place of a file or folder, which is read by `readPath`. */
  readonly path?: true
}
type Form =
  | { readonly type: 'string'; readonly default: string; readonly of?: z.ZodType<string> }
  | { readonly type: 'url'; readonly default: string; readonly of?: z.ZodType<string> }
  | { readonly type: 'number'; readonly default: number; readonly min: number; readonly max: number }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'enum'; readonly default: string; readonly values: readonly string[] }
  | { readonly type: 'list'; readonly default: readonly string[]; readonly of: z.ZodType<string> }
  | { readonly type: 'json'; readonly default: unknown; readonly of: z.ZodType }
export type Setting = Common & Form

/** More endpoints, others, or the built-in ones again, whose word counts from then on. */
export const loosensEndpoints = (from: string | readonly string[], to: string | readonly string[]): boolean => {
  const [before, after] = [from, to].map((value) =>
    (typeof value === 'string' ? [value] : value).filter((one) => one !== ''),
  )
  return after!.length === 0 ? before!.length > 0 : after!.some((one) => !before!.includes(one))
}
/** An entry that is new, or another one than before. */
export const loosensEntries = (from: readonly unknown[], to: readonly unknown[]): boolean => {
  const before = new Set(from.map((one) => JSON.stringify(one)))
  return to.some((one) => !before.has(JSON.stringify(one)))
}
/** A lower number. */
export const loosensBelow = (from: number, to: number): boolean => to < from
/** A higher number. */
export const loosensAbove = (from: number, to: number): boolean => to > from
/** What guards is switched off. */
export const loosensOff = (from: boolean, to: boolean): boolean => from && !to

type Loosening = NonNullable<Common['loosens']>
const LOOSENINGS = new Map<Loosening, string>([
  [loosensBelow, 'a lower number lets more out'],
  [loosensAbove, 'a higher number lets more out'],
  [loosensOff, 'switching it off lets more out'],
  [loosensEntries, 'an entry that is added lets more out'],
  [loosensEndpoints, 'what is asked in its place is believed, so that another one may let more out'],
])
/** Which change of a setting may let more out, in words; null: none does. */
export function looseningOf({ loosens }: Setting): string | null {
  if (!loosens) return null
  return LOOSENINGS.get(loosens) ?? 'some changes of it let more out'
}

/** By how the name of a setting ends. */
const UNITS: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/_(seconds|sec|timeout)$/, 'seconds'],
  [/_days$/, 'days'],
  [/_usd$/, 'US dollars'],
  [/_(percent|cross_validation_threshold)$/, 'per cent'],
  [/_per_second$/, 'a second'],
  [/_rpm$/, 'a minute'],
  [/_memory$/, 'KiB'],
]
/** What a number counts, where its name says it. */
export const unitOf = (key: string): string | null =>
  UNITS.find(([ending]) => ending.test(key.replace('.', '_')))?.[1] ?? null

type Read = { value: unknown } | { expected: string }

/** The value that a text has in a setting of this form, or what was expected in its place. */
export function parseText(setting: Setting, text: string): Read {
  switch (setting.type) {
    case 'string':
      return setting.of ? checked(setting.of, text) : { value: text }
    case 'url':
      return text === '' ? { value: '' } : checked(setting.of ?? HttpUrl, text)
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : { expected: 'true or false' }
    case 'enum':
      return setting.values.includes(text) ? { value: text } : { expected: `one of ${setting.values.join(', ')}` }
    case 'number': {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      const within = value >= setting.min && value <= setting.max
      return within ? { value } : { expected: `a whole number from ${setting.min} to ${setting.max}` }
    }
    case 'list':
      return parseList(setting.of, text)
    case 'json': {
      const json = parseJson(text)
      return json === undefined ? { expected: 'JSON' } : checked(setting.of, json)
    }
  }
}

function parseList(of: z.ZodType<string>, text: string): Read {
  const items = text.startsWith('[') ? parseJson(text) : text === '' ? [] : text.split(',').map((item) => item.trim())
  return items === undefined
    ? { expected: 'a JSON array of texts, or texts with commas between' }
    : checked(z.array(of), items)
}

function checked(schema: z.ZodType, value: unknown): Read {
  const parsed = schema.safeParse(value, { error: plainIssue })
  if (parsed.success) return { value: parsed.data }
  const issue = parsed.error.issues[0]
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  return { expected: `${issue?.message.replace(/^expected /, '') ?? 'another value'}${where}` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
