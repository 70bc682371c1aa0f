import type { z } from 'zod'
import type { Usd } from '../money.ts'

/** What is refused while no policy of a type allows it, unless a setting says otherwise. */
export type DefaultDeny = {
  readonly setting: `policy.${string}`
  readonly default: boolean
  /** One sentence for the settings page. */
  readonly summary: string
  /** Its name in the inputs of a decision. */
  readonly toggle: string
  /** Its name in what a session is told. */
  readonly shown: string
  /** Decisions that were made before the type was there lack its toggle. */
  readonly isLater?: true
}
/** All that the wire and the documents need to know of one policy type. */
export type PolicyTypeEntry = {
  readonly rules: z.ZodType
  readonly summary: string
  /** What parsed rules let and refuse, to a person: sentences without a full stop. */
  readonly says: (rules: never) => readonly string[]
  /** Rules for the documents; a test writes them and lets them judge. */
  readonly example: Readonly<Record<string, unknown>>
  readonly defaultDeny?: DefaultDeny
  /** Rules that a new wallet gets; the first policy of the type that is written for the wallet replaces them. */
  readonly installed?: Readonly<Record<string, unknown>>
  /** What its rules let go in dollars, of a type that bounds that. */
  readonly dollars?: (rules: never) => PolicyDollars
}
/** In micro-dollars: in a day (null where the rules do not say it), and as a fee. */
export type PolicyDollars = { readonly value: Usd | null; readonly fee: Usd }
