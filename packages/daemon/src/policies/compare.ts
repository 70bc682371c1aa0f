import type { Strictness, Toggles } from '@waiaas/contract'
import { type EvaluateInput, isOfSessions, type Policy } from './case.ts'
import { type Judgement, ruled } from './evaluate.ts'
import { strictnessOf } from './strictness.ts'
import { types } from './types/all.ts'

/** A case that two sets of policies decide differently. */
type Witness = {
  readonly shows: Exclude<Strictness, 'same'>
  readonly input: EvaluateInput
  readonly before: Judgement['decision']
  readonly after: Judgement['decision']
}
/** `witnesses` has at most one that shows each. */
type Comparison = { readonly change: Strictness; readonly witnesses: readonly Witness[] }
type Sets = { readonly before: readonly Policy[]; readonly after: readonly Policy[] }

/**
 * How one set of policies compares with another: `tighter` or `looser` where the rules prove it for every case, and one of
 * the cases that were looked at shows that it makes a difference; `same` where nothing but names, order and what is off is
 * another; else `different`.
 */
export function comparison({ before, after }: Sets, toggles: Toggles) {
  const isSame = JSON.stringify(contentsOf(before)) === JSON.stringify(contentsOf(after))
  const found = new Map<Witness['shows'], Witness>()
  const proven = {
    tighter: !isSame && letsNoMoreThrough(after, before, toggles),
    looser: !isSame && letsNoMoreThrough(before, after, toggles),
  }
  const isShown = (one: 'tighter' | 'looser') => found.has(one) && found.size === 1 && proven[one]
  return {
    /** Whether another case could change the verdict. */
    isOpen: (): boolean =>
      !isSame && !(found.has('tighter') && found.has('looser')) && !isShown('tighter') && !isShown('looser'),
    look(of: EvaluateInput): void {
      const [one, other] = [ruled({ ...of, policies: before }), ruled({ ...of, policies: after })]
      const shows = strictnessOf(one, other, of.usualDelay ?? 0)
      if (shows === 'same' || found.has(shows)) return
      found.set(shows, { shows, input: of, before: one.judgement().decision, after: other.judgement().decision })
    },
    verdict(): Comparison {
      if (isSame) return { change: 'same', witnesses: [] }
      const witnesses = [...found.values()]
      if (isShown('tighter')) return { change: 'tighter', witnesses }
      if (isShown('looser')) return { change: 'looser', witnesses }
      return { change: 'different', witnesses }
    },
  }
}

/** What policies say to whom, each once, whatever they are called. */
const contentsOf = (policies: readonly Policy[]): string[] => [...new Set(policies.map(contentOf))].sort()
const contentOf = ({ text, walletId, network, sessionId, sessionLabel }: Policy): string =>
  [text, walletId, network, sessionId, sessionLabel].join(' ')

/**
 * Whether the rules prove for every case that the first set is at least as strict. Each policy of the second must have one
 * of the first that is as strict wherever it applies, or be of a type that nothing of the first allows; and the first may not
 * stand for something, or vouch for somebody, that the second does not.
 */
export function letsNoMoreThrough(tight: readonly Policy[], loose: readonly Policy[], toggles: Toggles): boolean {
  const common = (policies: readonly Policy[]) => policies.filter((policy) => !isOfSessions(policy))
  const [fromTight, fromLoose] = [common(tight), common(loose)]
  const [isOfTight, isOfLoose] = [alikeIn(tight), alikeIn(loose)]
  const isAbsent = (type: Policy['type']) => type !== 'CORRUPT' && !fromTight.some((policy) => policy.type === type)
  const isHeld = (policy: Policy) =>
    isOfTight(policy) ||
    tight.some((one) => covers(one, policy) && one.isWithin(policy)) ||
    (policy.type !== 'CORRUPT' && isAbsent(policy.type) && types[policy.type].isTightestAbsent(toggles))
  const standsAlone = (policy: Policy) => {
    if (policy.type === 'CORRUPT' || isOfLoose(policy)) return false
    const { mayVouch, mayAllow } = types[policy.type]
    const others = fromLoose.filter((one) => one.type === policy.type && applies(one, policy))
    if (mayVouch) return !others.some((one) => policy.isWithin(one))
    return mayAllow && others.length === 0
  }
  return loose.every(isHeld) && !fromTight.some(standsAlone)
}

/** Whether a policy is one of these, or says the same as one of them. */
function alikeIn(policies: readonly Policy[]): (policy: Policy) => boolean {
  const own = new Set(policies)
  return (policy) => own.has(policy) || policies.some((one) => isSame(one, policy))
}

const isSame = (one: Policy, other: Policy): boolean =>
  one.text === other.text && one.walletId === other.walletId && isOfTheSame(one, other)
const isOfTheSame = (one: Policy, other: Policy): boolean =>
  one.network === other.network && one.sessionId === other.sessionId && one.sessionLabel === other.sessionLabel

/** It applies wherever the other does, and counts the same past. */
const covers = (one: Policy, other: Policy): boolean =>
  applies(one, other) && (one.network === other.network || !asksForThePast(other))
const applies = (one: Policy, other: Policy): boolean =>
  (one.walletId === null || one.walletId === other.walletId) &&
  (one.network === null || one.network === other.network) &&
  one.sessionId === other.sessionId &&
  one.sessionLabel === other.sessionLabel

const asksForThePast = ({ asks }: Policy): boolean => asks.spent !== undefined || asks.requests !== undefined
