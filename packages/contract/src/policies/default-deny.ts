import { z } from 'zod'
import { policyTypes } from './all.ts'
import type { DefaultDeny } from './type.ts'

/** Toggles of types that this release does not enforce yet; what they are about is refused whatever they say. */
const others = [
  {
    setting: 'policy.default_deny_contracts',
    summary: 'Refuse calls to contracts that no CONTRACT_WHITELIST policy lists.',
    toggle: 'denyContracts',
    shown: 'contractCalls',
  },
  {
    setting: 'policy.default_deny_spenders',
    summary: 'Refuse approvals to spenders that no APPROVED_SPENDERS policy lists.',
    toggle: 'denySpenders',
    shown: 'tokenApprovals',
  },
] as const satisfies readonly DefaultDeny[]

type OfTypes = Extract<(typeof policyTypes)[keyof typeof policyTypes], { readonly defaultDeny: DefaultDeny }>
type Row = OfTypes['defaultDeny'] | (typeof others)[number]
const rows: readonly Row[] = [
  ...Object.values(policyTypes).flatMap((entry) => ('defaultDeny' in entry ? [entry.defaultDeny] : [])),
  ...others,
]

type Named<N extends 'setting' | 'toggle' | 'shown', V> = { [K in Row[N]]: V }
// Each row has each name, so the object has every key of its type.
const named = <N extends 'setting' | 'toggle' | 'shown', V>(name: N, value: (row: Row) => V) =>
  Object.fromEntries(rows.map((row) => [row[name], value(row)])) as Named<N, V>

/** Of every toggle, whether what no policy allows is refused. */
export type Toggles = Readonly<Named<'toggle', boolean>>
type ToggleSettings = Readonly<Named<'setting', boolean>>

export const defaultDenySettings = named('setting', ({ summary }) => ({
  type: 'boolean' as const,
  default: true as boolean,
  runtime: true as const,
  summary,
}))
/** The shape of the toggles in the inputs of a decision, and of what a session is told. */
export const toggleShape = named('toggle', () => z.boolean())
export const shownToggleShape = named('shown', () => z.boolean())
export const togglesOf = (settings: ToggleSettings): Toggles => named('toggle', ({ setting }) => settings[setting])
export const shownToggles = (settings: ToggleSettings) => named('shown', ({ setting }) => settings[setting])
