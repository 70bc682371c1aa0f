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
  readonly sessionId?: string | null
  readonly sessionLabel?: string | null
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
    sessionId: row.sessionId ?? null,
    sessionLabel: row.sessionLabel ?? null,
    recorded: { id: row.id, version: row.version },
    text: `${row.type} ${inOrder(row.rules)}`,
  }
  const { type, rules, problem } = readRules(row)
  return problem === undefined ? compileAs(type, scope, rules) : corrupt(scope, problem)
}

/** JSON text with the fields in one order; damaged text as it is. */
function inOrder(rules: string): string {
  try {
    return JSON.stringify(JSON.parse(rules), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    )
  } catch {
    return rules
  }
}

type Read =
  | { type: PolicyType; rules: Record<string, unknown>; problem?: undefined }
  | { type: string; rules: Record<string, unknown>; problem: string }

/** What is stored of the rules, and what to do where they cannot be enforced. */
export function readRules({ id, type, rules: text }: Pick<PolicyRow, 'id' | 'type' | 'rules'>): Read {
  const deleting = `delete it with waiaas policy delete ${id}`
  if (!isPolicyType(type))
    return {
      ...{ type, rules: asObject(text) },
      problem: `this release does not know policies of type ${type.slice(0, 60)}, so that everything this one applies to is refused; ${deleting}`,
    }
  try {
    parseRules(type, JSON.parse(text))
    return { type, rules: asObject(text) }
  } catch {
    // What a parser says of a damaged row is no sentence for anybody who asked for a payment.
    return {
      ...{ type, rules: asObject(text) },
      problem: `its rules are damaged, so that everything it applies to is refused; write them anew with waiaas policy update ${id}, or ${deleting}`,
    }
  }
}

function asObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
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
    const tell = () => ({ message: `policy ${scope.id} cannot be enforced: ${problem}` })
    findings.push({ code: 'POLICY_RULES_CORRUPT', verdict: 'DENY', policyId: scope.id, tell })
  },
  asks: {},
  names: () => false,
  allows: () => ({}),
  tokens: () => [],
  spenders: [],
  isWithin: () => false,
})
