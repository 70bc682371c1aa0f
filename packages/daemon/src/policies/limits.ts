import { type Base, type Reason, smallest, TIERS, type Tier, type Usd, ZERO_BASE, ZERO_USD } from '@waiaas/contract'
import { holdingOf, usdOf } from './bill.ts'
import {
  type Allowed,
  appliesTo,
  type Case,
  caseOf,
  type EvaluateInput,
  isOfSessions,
  type Policy,
  type Step,
  type WindowName,
} from './case.ts'
import { evaluate } from './evaluate.ts'
import { type Bounding, boundOf, isBounding, WINDOWS } from './largest.ts'

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
  /** Of one payment to a recipient that is known. */
  largest(asset: string, payment: Payment): readonly Largest[]
}
/** What bounds a payment of an asset beside the policies; null: nothing that is known. */
type Payment = {
  /** The worst fee of one. */
  readonly fee: Base
  /** What it may cost with its fee. */
  readonly most: Usd | null
  /** What can leave. */
  readonly held: Base | null
  /** What the signer signs without the operator's password. */
  readonly ceiling: Base | null
}
/** What may be spent now. The input is that of a payment of nothing to nobody, with the prices and tokens of all that is asked about. */
export function limitsNow(input: EvaluateInput): LimitsNow {
  const of = caseOf(input)
  const applying = input.policies.filter((policy) => appliesTo(policy, of))
  const { decision } = evaluate(input)
  const refused = decision.outcome === 'DENY' ? decision.reasons : []
  const limits = applying.filter(isBounding)
  const windows = limits.flatMap((policy) => windowsOf(policy, of))
  return {
    refused,
    windows,
    allowed: allowedBy(applying, of),
    largest: (asset, payment) => (refused.length > 0 ? NOTHING : largestOf({ input, limits }, asset, payment)),
  }
}

const NOTHING: readonly Largest[] = TIERS.map((tier) => ({ tier, amount: ZERO_BASE, usd: ZERO_USD }))

/** As the rules say themselves: a payment with that fee has no milder tier than the fee alone. */
function largestOf(
  { input, limits }: { input: EvaluateInput; limits: readonly Bounding[] },
  asset: string,
  { fee, most, held, ceiling }: Payment,
): readonly Largest[] {
  const effects = { ...input.effects, fee: { ...input.effects.fee, max: String(fee) } }
  const paying = { ...input, effects, ...(most !== null && { constrained: { faults: () => [], most } }) }
  const of = caseOf(paying)
  const { outcome, tier: least } = evaluate(paying).decision
  const holding = holdingOf(asset, paying)
  const bounds = (step: Step): (Base | null | undefined)[] => [
    boundOf(step, of, { limits, holding }),
    held,
    // Above the ceiling the operator can still have it signed.
    step === 3 ? null : ceiling,
  ]
  return TIERS.map((tier, step) => {
    if (outcome === 'DENY' || step < TIERS.indexOf(least)) return { tier, amount: ZERO_BASE, usd: ZERO_USD }
    // There are four tiers and four steps.
    const known = bounds(step as Step).filter((amount) => amount !== null && amount !== undefined)
    const amount = smallest(known) ?? null
    return { tier, amount, usd: amount === null ? null : usdOf(holding, amount) }
  })
}

const windowsOf = (policy: Bounding, of: Case): WindowNow[] =>
  WINDOWS.flatMap((name) => {
    const found = policy.bounds.window?.(name, of)
    if (!found) return []
    const { limit, window, isHard } = found
    const whose = isOfSessions(policy) ? 'session' : policy.network === null ? 'wallet' : 'network'
    const leaving = window.final.map(({ until }) => until)
    return [{ name, policyId: policy.id, of: whose, limit, used: window.total, isHard, leaving }]
  })

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
