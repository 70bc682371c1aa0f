import type { Network, PolicyRules, PolicyType, Toggles } from '@waiaas/contract'
import type { Allowed, Asks, Bounds, Case, Finding, Pace, Policy, Scope } from '../case.ts'

export type Scoped<R> = Scope & { readonly rules: R }

/** Policies of type T; R is what its rules are compiled to. */
type Parts<T extends PolicyType, R> = {
  /** Checks what only this daemon can tell of rules: checksums, and which networks it knows. */
  admit(rules: PolicyRules<T>, networks: readonly Network[]): PolicyRules<T>
  /** Reads rules once, so that judging only compares. */
  compile(rules: PolicyRules<T>): R
  /** Adds what is wrong or strict about a case. */
  judge(policy: Scoped<R>, of: Case, findings: Finding[]): void
  /** What is refused where no policy of the type applies. */
  absent?(of: Case): readonly Finding[]
  asks?(rules: R): Asks
  names?(rules: R, recipient: string): boolean
  bounds?(policy: Scoped<R>): Bounds
  pace?(policy: Scoped<R>): Pace
  tokens?(rules: R, network: Network): readonly string[]
  /** Addresses of those whom it lets be allowed to take tokens. */
  spenders?(rules: R): readonly string[]
  allows?(rules: R, network: Network): Allowed
  /** Whether the first rules let nothing through that the others do not, and nothing milder. */
  within?(rules: R, others: R): boolean
  /** Whether nothing of the type is stricter than no policy of it at all. */
  isTightestAbsent?(toggles: Toggles): boolean
}

/** One policy type as the evaluator, the service and the reading of facts see it. */
export type PolicyTypeParts<T extends PolicyType> = {
  admit(rules: PolicyRules<T>, networks: readonly Network[]): PolicyRules<T>
  absent(of: Case): readonly Finding[]
  /** Something is refused where no policy of the type applies. */
  readonly mayAllow: boolean
  /** What it names is trusted in other questions too. */
  readonly mayVouch: boolean
  ready(scope: Scope, rules: PolicyRules<T>): Omit<Policy, 'type'>
  isTightestAbsent(toggles: Toggles): boolean
}

/** Hides what rules are compiled to, so that shared code cannot depend on it. */
export const policyType = <T extends PolicyType, R>(parts: Parts<T, R>): PolicyTypeParts<T> => ({
  admit: parts.admit,
  absent: (of) => parts.absent?.(of) ?? [],
  mayAllow: parts.absent !== undefined,
  mayVouch: parts.names !== undefined,
  isTightestAbsent: (toggles) => parts.isTightestAbsent?.(toggles) ?? false,
  ready(scope, rules) {
    const policy = { ...scope, rules: parts.compile(rules) }
    return {
      ...scope,
      judge: (of, findings) => parts.judge(policy, of, findings),
      asks: parts.asks?.(policy.rules) ?? {},
      names: (recipient) => parts.names?.(policy.rules, recipient) ?? false,
      tokens: (network) => parts.tokens?.(policy.rules, network) ?? [],
      spenders: parts.spenders?.(policy.rules) ?? [],
      allows: (network) => parts.allows?.(policy.rules, network) ?? {},
      compiled: { of: parts, rules: policy.rules },
      // Rules of the same parts are compiled to the same.
      isWithin: ({ compiled }) =>
        compiled?.of === parts && (parts.within?.(policy.rules, compiled.rules as R) ?? false),
      ...(parts.bounds && { bounds: parts.bounds(policy) }),
      ...(parts.pace && { pace: parts.pace(policy) }),
    }
  },
})

/** Entries of a list for a message. */
export const listed = (items: readonly string[]): string =>
  items.length <= 5 ? items.join(', ') : `${items.slice(0, 5).join(', ')} and ${items.length - 5} more`

/** A refusal of what no policy allows. */
export const deny = (code: Finding['code'], message: string, seen: { observed?: string } = {}): Finding => ({
  code,
  verdict: 'DENY',
  tell: () => ({ message, ...seen }),
})

/** A refusal where a policy asks for what is not known. */
export const factUnknown = (policyId: string, what: string): Finding => ({
  code: 'FACT_UNKNOWN',
  verdict: 'DENY',
  policyId,
  tell: () => ({ message: `${what} is not known, and a policy limits it` }),
})
