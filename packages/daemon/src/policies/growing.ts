import { type EffectFacts, parseMicros, type Standing, type Usd } from '@waiaas/contract'

/** One market in which a position may become larger, and what is known of it as it would be; without sizes nothing is. */
export type Growing = { readonly venue: string; readonly market: string; readonly sizes: readonly Size[] }
export type Size = { readonly size: Usd; readonly margin: Usd }

/** Positions that may become larger, each market once. */
export function growingOf({ positions }: EffectFacts, standing: Standing | undefined): Growing[] {
  const growing = positions.filter(({ isReducing }) => !isReducing)
  const each = new Map(growing.map((position) => [`${position.venue} ${position.market}`, position]))
  return [...each.values()].map(({ venue, market }) => {
    const known = standing?.positions?.filter((one) => one.venue === venue && one.market === market) ?? []
    const sizes = known.map(({ sizeUsd, marginUsd }) => ({
      size: parseMicros(sizeUsd),
      margin: parseMicros(marginUsd),
    }))
    return { venue, market, sizes }
  })
}
