import { isPolicyType, type Network, type PolicyRules, type PolicyType, parseRules } from '@waiaas/contract'
import { networkKey, type Policy, type Scope } from './case.ts'
import { types } from './types/all.ts'

/** A policy as it is stored; `rules` is JSON text. */
export type PolicyRow = {
  readonly id: string
  readonly walletId: string | null
  readonly type: string
  readonly rules: string
  readonly enabled: boolean
  readonly network: string | null
  readonly version: number
}

/** Rules as they are stored: valid, defaults filled in, networks by id. Failures: ACTION_VALIDATION_FAILED, INVALID_ADDRESS. */
export const admitRules = <T extends PolicyType>(
  type: T,
  rules: unknown,
  networks: readonly Network[],
): PolicyRules<T> => types[type].admit(parseRules(type, rules), networks)

/** Parses enabled rows once, so that judging only compares. A row that does not parse becomes one that refuses. */
export const compilePolicies = (rows: readonly PolicyRow[]): readonly Policy[] =>
  rows.filter((row) => row.enabled).map(compile)

function compile(row: PolicyRow): Policy {
  const scope: Scope = {
    id: row.id,
    walletId: row.walletId,
    network: row.network === null ? null : networkKey(row.network),
    recorded: { id: row.id, version: row.version },
  }
  if (!isPolicyType(row.type)) return corrupt(scope, `type ${row.type} is not enforced by this release`)
  try {
    return compileAs(row.type, scope, JSON.parse(row.rules))
  } catch {
    // What a parser says of a damaged row is no sentence for anybody who asked for a payment.
    return corrupt(scope, 'they are damaged; write the policy anew')
  }
}

const compileAs = <T extends PolicyType>(type: T, scope: Scope, rules: unknown): Policy => ({
  ...types[type].ready(scope, parseRules(type, rules)),
  type,
})

const corrupt = (scope: Scope, problem: string): Policy => ({
  ...scope,
  type: 'CORRUPT',
  judge: (_, findings) => {
    const tell = () => ({ message: `the stored rules cannot be enforced: ${problem}` })
    findings.push({ code: 'POLICY_RULES_CORRUPT', verdict: 'DENY', policyId: scope.id, tell })
  },
  asks: {},
  names: () => false,
})
