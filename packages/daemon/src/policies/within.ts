import { type Base, integerOf, TIERS, type Tier, type Usd } from '@waiaas/contract'
import type { Ladder } from './ladder.ts'

// When one rule is at least as strict as another, whatever is judged. Where that cannot be said, it is not.

type Bound = bigint | number | Usd | Base
/** A limit of the first is no higher than that of the second; null is none. */
export const atMost = <B extends Bound>(one: B | null, other: B | null): boolean =>
  other === null || (one !== null && one <= other)
/** Each that the first lists the second has too. */
export const listedIn = (one: Iterable<string>, has: (entry: string) => boolean): boolean => [...one].every(has)
/** As strict a tier. */
export const asStrict = (one: Tier, other: Tier): boolean => TIERS.indexOf(one) >= TIERS.indexOf(other)

/** Up to each tier the first lets no more through; thresholds that are null are passed over. */
export function ladderWithin<B extends Base | Usd>(
  one: Ladder<B | null> | null,
  other: Ladder<B | null> | null,
): boolean {
  if (other === null) return true
  if (one === null) return false
  return [1, 2, 3].every((steps) => upTo(one, steps) <= upTo(other, steps))
}
function upTo(ladder: Ladder<Base | Usd | null>, steps: number): bigint {
  let most = -1n
  for (const value of ladder.slice(0, steps)) if (value !== null && integerOf(value) > most) most = integerOf(value)
  return most
}
