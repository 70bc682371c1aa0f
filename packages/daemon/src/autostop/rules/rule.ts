import type { Usd } from '@waiaas/contract'

/** Something that a wallet was asked for, or what became of it. */
export type Happening =
  /** It leaves without a human, at once or after its delay. */
  | {
      readonly kind: 'accepted'
      readonly usd: Usd | null
      /** Of the most that has its tier; null where nothing bounds that. Only a rule that counts it asks. */
      readonly percent: () => number | null
      /** Recipients that the wallet has not paid yet. */
      readonly strangers: readonly string[]
    }
  /** A human decides on it. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'refused'; readonly to: readonly string[] }
  /** `to`: whom it was to pay, which contract it was to call, and the host of a server that it was to pay. */
  | { readonly kind: 'landed'; readonly to: readonly string[]; readonly succeeded: boolean }

/** When it is, in milliseconds, and the values that hold for the wallet, by name. */
export type Under = { readonly now: number; readonly values: Readonly<Record<string, number>> }
/** More than a rule lets be. */
export type Excess = {
  /** For people: what was seen. */
  readonly reason: string
  readonly observed: number
  readonly allowed: number
}

/** A rule is pure: it counts what happens, and says when that is too much. S is what it keeps, as JSON. */
export type Rule<S> = {
  /** What it keeps then; undefined: nothing. */
  count(seen: S | undefined, happening: Happening, under: Under): S | undefined
  over(seen: S | undefined, under: Under): Excess | undefined
  /** What is kept when it has stopped a wallet; without it nothing. */
  afterwards?(seen: S | undefined): S | undefined
  /** For the operator: what is counted now. */
  tell(seen: S | undefined, under: Under): Readonly<Record<string, string | number>>
}

/** A rule whose S is hidden: it is given what it gave. */
export type CountingRule = Rule<unknown>
export const countingRule = <S>(rule: Rule<S>): CountingRule =>
  // What is stored under a rule's name came from its own count.
  rule as unknown as CountingRule

const NO_TIMES: readonly number[] = []

/** Those of some times that lie within a window that ends now. */
export function within(times: readonly number[] | undefined, { now, values }: Under): readonly number[] {
  const from = now - values.window_sec! * 1_000
  return times?.filter((time) => time > from) ?? NO_TIMES
}
