import { type Base, parseBase, type Tier, type Usd } from '@waiaas/contract'

/** Highest amounts of INSTANT, NOTIFY and DELAY; above the last it is APPROVAL. `null` is passed over. */
export type Ladder<T> = readonly [instant: T, notify: T, delay: T]

export const ladder = <T, R>(values: readonly (T | undefined)[], read: (value: T | undefined) => R): Ladder<R> => [
  read(values[0]),
  read(values[1]),
  read(values[2]),
]

/** Reads whole units into base units; what is finer than the asset is cut off, so that a limit never grows. */
export function scaling(texts: readonly string[]): (decimals: number) => Ladder<Base> {
  const known = new Map<number, Ladder<Base>>()
  const scale = (text = '', decimals: number): Base => {
    const [whole = '', fraction = ''] = text.split('.')
    return parseBase(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
  }
  return (decimals) => {
    const ready = known.get(decimals) ?? ladder(texts, (text) => scale(text, decimals))
    known.set(decimals, ready)
    return ready
  }
}

const STEPS = ['INSTANT', 'NOTIFY', 'DELAY'] as const

/** The first tier whose threshold holds the amount; thresholds that are null are passed over. */
export function tierOf<M extends Base | Usd>(amount: M, [instant, notify, delay]: Ladder<M | null>): Tier {
  if (instant !== null && amount <= instant) return 'INSTANT'
  if (notify !== null && amount <= notify) return 'NOTIFY'
  return delay !== null && amount <= delay ? 'DELAY' : 'APPROVAL'
}

/** The largest amount at or below a step; one that was left out counts as nothing, and the one below it holds all the same. */
export function mostUpTo(step: 0 | 1 | 2, values: Ladder<Base>): Base {
  let [most] = values
  for (const value of values.slice(1, step + 1)) if (value > most) most = value
  return most
}

export const tierBelow = (tier: Tier): number => Math.max(0, [...STEPS, 'APPROVAL'].indexOf(tier) - 1)
