import { addressKey, assetKey, type Base, type PolicyRules, parseBase, smallest } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { requireChecksum } from '../checks.ts'
import { amountIn } from '../grants.ts'
import { atMost, listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

/** By spender, the most that it may be allowed; null is any amount. */
type ApprovedSpenders = { readonly most: ReadonlyMap<string, Base | null> }

export const approvedSpenders = policyType<'APPROVED_SPENDERS', ApprovedSpenders>({
  admit(rules) {
    for (const { address } of rules.spenders) requireChecksum(address)
    return rules
  },
  compile,
  judge,
  within: (one, other) =>
    listedIn(
      one.most.keys(),
      (spender) => other.most.has(spender) && atMost(one.most.get(spender)!, other.most.get(spender)!),
    ),
  spenders: ({ most }) => [...most.keys()],
  isTightestAbsent: ({ denySpenders }) => denySpenders,
  bounds: ({ rules }) => ({
    amountUpTo(_, { asset }, { facts }) {
      const most = facts.spenders.map((one) => assetKey(one.asset) === asset && rules.most.get(addressKey(one.spender)))
      return smallest(most.filter((amount) => typeof amount === 'bigint'))
    },
  }),
  absent: (of) =>
    of.input.toggles.denySpenders
      ? of.grants().map(({ spender }) =>
          deny('APPROVE_DISABLED', `${spender} is on no list of those that may be allowed to take tokens`, {
            observed: spender,
          }),
        )
      : [],
})

/** Of a spender that is there twice the lower amount counts. */
function compile({ spenders }: PolicyRules<'APPROVED_SPENDERS'>): ApprovedSpenders {
  const most = new Map<string, Base | null>()
  for (const { address, maxAmount } of spenders) {
    const key = addressKey(address)
    const [known, amount] = [most.get(key), maxAmount === undefined ? null : parseBase(maxAmount)]
    const isLower = known !== undefined && known !== null && (amount === null || known < amount)
    most.set(key, isLower ? known : amount)
  }
  return { most }
}

/** Every spender must be on every list that applies, and within its amount there. */
function judge(policy: Scoped<ApprovedSpenders>, of: Case, findings: Finding[]): void {
  for (const { spender, key, amount, asset, what } of of.grants()) {
    const most = policy.rules.most.get(key)
    if (most === undefined)
      findings.push({
        code: 'SPENDER_NOT_APPROVED',
        verdict: 'DENY',
        policyId: policy.id,
        tell: () => ({
          message: `${spender} is not one of those that may be allowed to take tokens`,
          observed: spender,
          allowed: listed([...policy.rules.most.keys()]),
        }),
      })
    else if (most !== null && (amount === null || amount > most))
      findings.push({
        code: 'APPROVE_AMOUNT_EXCEEDED',
        verdict: 'DENY',
        policyId: policy.id,
        tell: () => ({
          message: `${spender} would be allowed to take ${what()}, and ${amountIn(of, asset, most)} is the most`,
          observed: String(amount ?? 'everything'),
          allowed: String(most),
        }),
      })
  }
}
