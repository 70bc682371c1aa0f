import { type Base, type Reason, remaining, smallest, TIERS, type Tier, type Usd, ZERO_BASE } from '@waiaas/contract'
import { amountWithin, type Holding, holdingOf, usdOf } from './bill.ts'
import {
  type Allowed,
  appliesTo,
  type Bounds,
  type Case,
  caseOf,
  type EvaluateInput,
  isOfSessions,
  type Policy,
  type WindowName,
} from './case.ts'
import { evaluate } from './evaluate.ts'

type WindowNow = {
  readonly name: WindowName
  readonly policyId: string
  readonly of: 'wallet' | 'network' | 'session'
  readonly limit: Usd
  readonly used: Usd
  readonly isHard: boolean
  /** Unix milliseconds at which parts that are final leave it. */
  readonly leaving: readonly number[]
}
/** The most of an asset that has a tier at the strictest; null: nothing bounds it. */
type Largest = { readonly tier: Tier; readonly amount: Base | null; readonly usd: Usd | null }
export type LimitsNow = {
  /** Why nothing at all may leave. */
  readonly refused: readonly Reason[]
  readonly windows: readonly WindowNow[]
  readonly allowed: { readonly [K in 'tokens' | 'recipients' | 'contracts']: readonly string[] | null } & {
    readonly hours: readonly NonNullable<Allowed['hours']>[]
  }
  /** Of one payment, before its fee, to a recipient that is known, where this much at most may leave besides. */
  largest(asset: string, most: Usd | null): readonly Largest[]
}
type Bounding = Policy & { readonly bounds: Bounds }

/** What may be spent now. The input is that of a payment of nothing to nobody, with the prices and tokens of all that is asked about. */
export function limitsNow(input: EvaluateInput): LimitsNow {
  const of = caseOf(input)
  const applying = input.policies.filter((policy) => appliesTo(policy, of))
  const { decision } = evaluate(input)
  const refused = decision.outcome === 'DENY' ? decision.reasons : []
  const limits = applying.filter((policy): policy is Bounding => policy.bounds !== undefined)
  const windows = limits.flatMap((policy) => windowsOf(policy, of))
  return {
    refused,
    windows,
    allowed: allowedBy(applying, of),
    largest: (asset, most) => {
      const holding = holdingOf(asset, input)
      return TIERS.map((tier) => {
        const amount = refused.length > 0 ? ZERO_BASE : mostOf({ of, limits, windows }, { tier, holding, most })
        return { tier, amount, usd: amount === null ? null : usdOf(holding, amount) }
      })
    },
  }
}

const WINDOWS = ['daily_limit_usd', 'monthly_limit_usd'] as const

const windowsOf = (policy: Bounding, of: Case): WindowNow[] =>
  WINDOWS.flatMap((name) => {
    const found = policy.bounds.window(name, of)
    if (!found) return []
    const { limit, window, isHard } = found
    const whose = isOfSessions(policy) ? 'session' : policy.network === null ? 'wallet' : 'network'
    const leaving = window.final.map(({ until }) => until)
    return [{ name, policyId: policy.id, of: whose, limit, used: window.total, isHard, leaving }]
  })

type Bound = { of: Case; limits: readonly Bounding[]; windows: readonly WindowNow[] }
type Wanted = { tier: Tier; holding: Holding; most: Usd | null }

function mostOf({ of, limits, windows }: Bound, { tier, holding, most }: Wanted): Base | null {
  const step = TIERS.indexOf(tier)
  const isLast = tier === 'APPROVAL'
  const binding = windows.filter(({ isHard }) => isHard || !isLast)
  const dollars = [...binding.map(({ limit, used }) => remaining(limit, used)), ...(most === null ? [] : [most])]
  const amounts: Base[] = []
  for (const usd of dollars) {
    const amount = amountWithin(holding, usd)
    if (amount !== null) amounts.push(amount)
    // Without a price a human decides, within what the session is bound to.
    else if (!isLast || most !== null) return ZERO_BASE
  }
  // The last tier is bound by the windows alone.
  for (const policy of isLast ? [] : limits) {
    // Below the last there are three steps.
    const amount = policy.bounds.amountUpTo(step as 0 | 1 | 2, holding, of)
    if (amount === null) return ZERO_BASE
    if (amount !== undefined) amounts.push(amount)
  }
  return smallest(amounts) ?? null
}

/** Whom and what all of them let be paid; null: any. */
export function allowedBy(applying: readonly Policy[], of: Case): LimitsNow['allowed'] {
  const { network, toggles } = of.input
  const all = applying.map((policy) => ({ isCommon: !isOfSessions(policy), ...policy.allows(network) }))
  const both = (kind: 'tokens' | 'recipients' | 'contracts', isDenied: boolean): readonly string[] | null => {
    // What binds some sessions stands for nothing that everybody needs.
    if (isDenied && !all.some((one) => one.isCommon && one[kind])) return []
    const lists = all.flatMap((one) => (one[kind] ? [one[kind]] : []))
    const [first, ...rest] = lists
    return first ? rest.reduce<readonly string[]>(shared, first) : null
  }
  return {
    tokens: both('tokens', toggles.denyTokens),
    recipients: both('recipients', false),
    contracts: both('contracts', toggles.denyContracts),
    hours: all.flatMap(({ hours }) => (hours ? [hours] : [])),
  }
}

function shared(one: readonly string[], other: readonly string[]): readonly string[] {
  const known = new Set(other)
  return one.filter((entry) => known.has(entry))
}
