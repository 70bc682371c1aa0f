import { addressKey, Failure, type PolicyRules } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { requireChecksum, selectorOf } from '../checks.ts'
import { listedIn } from '../within.ts'
import { listed, policyType, type Scoped } from './type.ts'

/** By contract, the first bytes of the functions that may be called. */
type MethodWhitelist = { readonly methods: ReadonlyMap<string, ReadonlySet<string>> }

export const methodWhitelist = policyType<'METHOD_WHITELIST', MethodWhitelist>({
  admit(rules) {
    for (const { contractAddress, selectors } of rules.methods) {
      requireChecksum(contractAddress)
      for (const method of selectors) selectorIn(contractAddress, method)
    }
    return rules
  },
  compile,
  judge,
  within: (one, other) =>
    listedIn(other.methods.keys(), (contract) =>
      listedIn(one.methods.get(contract) ?? [''], (method) => other.methods.get(contract)!.has(method)),
    ),
})

function selectorIn(address: string, method: string): string {
  const selector = selectorOf(address, method)
  if (selector !== undefined) return selector
  throw new Failure(
    'ACTION_VALIDATION_FAILED',
    `expected a function of ${address} by its first bytes, four on EVM networks and one to eight on Solana, or by its signature without names, such as transfer(address,uint256), got ${method.slice(0, 100)}`,
  )
}

function compile({ methods }: PolicyRules<'METHOD_WHITELIST'>): MethodWhitelist {
  const all = new Map<string, Set<string>>()
  for (const { contractAddress, selectors } of methods) {
    const key = addressKey(contractAddress)
    const known = all.get(key) ?? new Set()
    for (const method of selectors) known.add(selectorIn(contractAddress, method))
    all.set(key, known)
  }
  return { methods: all }
}

/** Where functions are named by bytes of no fixed number, all that begins with a listed one is that function. */
function isAmong(allowed: ReadonlySet<string>, selector: string | null): boolean {
  for (let end = selector?.length ?? 0; end > 2; end -= 2) if (allowed.has(selector!.slice(0, end))) return true
  return false
}

/** A contract that the policy does not name is none of its business; a call without a function is one of no function that it lists. */
function judge(policy: Scoped<MethodWhitelist>, of: Case, findings: Finding[]): void {
  for (const { contract, selector } of of.facts.calls) {
    const allowed = policy.rules.methods.get(addressKey(contract))
    if (!allowed || isAmong(allowed, selector)) continue
    findings.push({
      code: 'METHOD_NOT_WHITELISTED',
      verdict: 'DENY',
      policyId: policy.id,
      tell: () => ({
        message: `the function ${selector ?? 'without a name'} of ${contract} is not one of those that may be called`,
        observed: selector ?? 'none',
        allowed: listed([...allowed]),
      }),
    })
  }
}
