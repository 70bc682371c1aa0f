import { z } from 'zod'
import { loosensOff } from '../setting-form.ts'
import { policyTypes } from './all.ts'
import type { DefaultDeny } from './type.ts'

type OfTypes = Extract<(typeof policyTypes)[keyof typeof policyTypes], { readonly defaultDeny: DefaultDeny }>
type Row = OfTypes['defaultDeny']
const rows: readonly Row[] = Object.values(policyTypes).flatMap((entry) =>
  'defaultDeny' in entry ? [entry.defaultDeny] : [],
)

type Named<N extends 'setting' | 'toggle' | 'shown', V> = { [K in Row[N]]: V }
// Each row has each name, so the object has every key of its type.
const named = <N extends 'setting' | 'toggle' | 'shown', V>(name: N, value: (row: Row) => V) =>
  Object.fromEntries(rows.map((row) => [row[name], value(row)])) as Named<N, V>

/** Of every toggle, whether what no policy allows is refused. */
export type Toggles = Readonly<Named<'toggle', boolean>>
type ToggleSettings = Readonly<Named<'setting', boolean>>

export const defaultDenySettings = named('setting', ({ summary, default: value }) => ({
  type: 'boolean' as const,
  default: value as boolean,
  runtime: true as const,
  loosens: loosensOff,
  summary,
}))
/** The shape of the toggles in the inputs of a decision, and of what a session is told. */
export const toggleShape = named('toggle', (row) => ('isLater' in row ? z.boolean().optional() : z.boolean()))
export const shownToggleShape = named('shown', () => z.boolean())
export const togglesOf = (settings: ToggleSettings): Toggles => named('toggle', ({ setting }) => settings[setting])
/** Nothing is refused for want of a policy: whatever is proven with these holds with any others. */
export const NO_TOGGLES: Toggles = named('toggle', () => false)
export const shownToggles = (settings: ToggleSettings) => named('shown', ({ setting }) => settings[setting])
