import {
  amountFor,
  assetKey,
  type Base,
  type Effect,
  type Effects,
  remaining,
  smallest,
  toBase,
  type Usd,
  ZERO_BASE,
} from '@waiaas/contract'
import { amountWithin, type Holding, worth } from './bill.ts'
import type { Bounds, Case, EvaluateInput, Policy, Ruling, Step } from './case.ts'

export type Bounding = Policy & { readonly bounds: Bounds }
export const isBounding = (policy: Policy): policy is Bounding => policy.bounds !== undefined

/** The one amount of a request that somebody could ask for otherwise. */
export type Scale = {
  readonly asset: string
  readonly amount: Base
  /** Of an approval without a limit every amount is a smaller one. */
  readonly isUnlimited: boolean
  with(amount: Base): Effects
}

/** Undefined where several amounts move, or what is judged is more than what leaves. */
export function scaleOf(effects: Effects): Scale | undefined {
  const [one, another] = legsOf(effects)
  if (!one || another) return undefined
  return {
    asset: assetKey(one.asset),
    amount: toBase(BigInt(one.amount)),
    isUnlimited: one.effect.kind === 'approval' && one.effect.unlimited,
    with: (amount) => ({
      ...effects,
      effects: effects.effects.map((effect, at) => (at === one.index ? scaled(effect, String(amount)) : effect)),
    }),
  }
}

/** One amount that moves. */
export type Leg = {
  readonly asset: string
  readonly amount: string
  readonly effect: Effect
  /** Of its effect, among those of the request. */
  readonly index: number
}

/** The amounts of a request that move; none where what is judged is more than what leaves. */
export const legsOf = (effects: Effects): readonly Leg[] =>
  effects.effects.some(({ kind }) => kind === 'loan' || kind === 'position')
    ? []
    : effects.effects.flatMap((effect, index) => {
        const moved = movedBy(effect, effects)
        return moved && moved.amount !== '0' ? [{ asset: moved.asset, amount: moved.amount, effect, index }] : []
      })

function movedBy(effect: Effect, { fee }: Effects): { asset: string; amount: string } | undefined {
  if (effect.kind === 'outflow' || effect.kind === 'approval') return effect
  return effect.kind === 'call' || effect.kind === 'deploy' ? { asset: fee.asset, amount: effect.value } : undefined
}

/** The same effect with another amount. */
export function scaled(effect: Effect, amount: string): Effect {
  if (effect.kind === 'outflow') return { ...effect, amount }
  if (effect.kind === 'approval') return { ...effect, amount, unlimited: false }
  return effect.kind === 'call' || effect.kind === 'deploy' ? { ...effect, value: amount } : effect
}

type Leaving = { readonly limits: readonly Bounding[]; readonly holding: Holding }

/** What policies and the session leave of an asset at or below a step, as they say themselves; undefined: nothing bounds it. */
export function boundOf(step: Step, of: Case, { limits, holding }: Leaving): Base | undefined {
  const besides = besidesUsd(of, holding)
  const rooms = limits.flatMap(({ bounds }) =>
    WINDOWS.flatMap((name) => {
      const found = bounds.window?.(name, of)
      // What never had a price counts in no window.
      if (!found || (step === 3 && !found.isHard) || !holding.countedAt) return []
      return [amountFor(remaining(remaining(found.limit, found.window.total), besides), holding.countedAt)]
    }),
  )
  const most = of.input.constrained?.most ?? null
  if (most !== null) rooms.push(amountWithin(holding, remaining(most, besides)) ?? ZERO_BASE)
  const own = ownBound(step, of, { limits, holding })
  return smallest(own === undefined ? rooms : [...rooms, own])
}
export const WINDOWS = ['daily_limit_usd', 'monthly_limit_usd'] as const

/** The same without windows and session. */
export function ownBound(step: Step, of: Case, { limits, holding }: Leaving): Base | undefined {
  let least: Base | undefined
  for (const { bounds } of limits) {
    const amount = bounds.amountUpTo(step, holding, of)
    if (amount === null) return ZERO_BASE
    if (amount !== undefined && (least === undefined || amount < least)) least = amount
  }
  return least
}

/** What counts beside the payment of that asset: other assets, deposits and the worst fee. */
function besidesUsd({ bill }: Case, { countedAt, outflow, deposits }: Holding): Usd {
  const own = worth(countedAt, remaining(outflow, deposits))
  return own === null ? bill.knownUsd : remaining(bill.knownUsd, own)
}

/** So many times one explanation may ask the rules: a refusal must stay cheap, whoever asks for it. */
const MOST_ASKED = 256
type Search = {
  /** One that passes, or nothing. */
  readonly low: bigint
  /** One that does not pass, where one is known. */
  readonly high: bigint | undefined
  /** What the rules say of themselves. */
  readonly guess: Base | undefined
}

/** Asks the rules about other amounts of the same request, and about other times. */
export function asker(input: EvaluateInput, rule: (input: EvaluateInput) => Ruling) {
  let left = MOST_ASKED
  const ask = (other: EvaluateInput): Ruling | undefined => (left-- > 0 ? rule(other) : undefined)
  return {
    ask,
    /**
     * The largest amount that passes, as the rules judge it; null where nothing bounds it. More never passes where less does
     * not, so that the guess and its successor settle it where the guess is exact, and halving does where it is not.
     */
    largest(
      { with: scaledTo }: Pick<Scale, 'with'>,
      passes: (ruling: Ruling) => boolean,
      { low, high, guess }: Search,
    ): Base | null {
      const look = (amount: bigint): boolean => {
        if (amount <= low || (high !== undefined && amount >= high)) return true
        const ruling = ask({ ...input, effects: scaledTo(toBase(amount)) })
        if (!ruling) return false
        if (passes(ruling)) low = amount
        else high = amount
        return true
      }
      if (guess !== undefined) {
        look(guess)
        look(guess + 1n)
      }
      if (high === undefined) return null
      look(low + 1n)
      while (high - low > 1n && look((low + high) / 2n));
      return toBase(low)
    },
  }
}
export type Asker = ReturnType<typeof asker>
