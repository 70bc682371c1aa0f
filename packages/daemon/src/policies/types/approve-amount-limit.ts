import { assetKey, type Base, parseBase } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { amountIn, type Grant } from '../grants.ts'
import { atMost } from '../within.ts'
import { deny, policyType, type Scoped } from './type.ts'

type ApproveAmountLimit = { readonly most: Base | null; readonly blocksUnlimited: boolean }

export const approveAmountLimit = policyType<'APPROVE_AMOUNT_LIMIT', ApproveAmountLimit>({
  admit: (rules) => rules,
  compile: ({ maxAmount, blockUnlimited }) => ({
    most: maxAmount === undefined ? null : parseBase(maxAmount),
    blocksUnlimited: blockUnlimited,
  }),
  judge,
  within: (one, other) => atMost(one.most, other.most) && (one.blocksUnlimited || !other.blocksUnlimited),
  bounds: ({ rules: { most } }) => ({
    amountUpTo: (_, { asset }, { facts }) =>
      most !== null && facts.spenders.some((one) => assetKey(one.asset) === asset) ? most : undefined,
  }),
  absent: (of) => of.grants().flatMap((grant) => (grant.isUnlimited ? [blocked(grant)] : [])),
})

const blocked = ({ spender, what }: Grant): Finding =>
  deny(
    'UNLIMITED_APPROVE_BLOCKED',
    `${spender} would be allowed to take ${what()}; approve the amount that is needed`,
    {
      observed: spender,
    },
  )

/** What has no limit, and may be approved at all, is approved by a human. */
function judge(policy: Scoped<ApproveAmountLimit>, of: Case, findings: Finding[]): void {
  const { most, blocksUnlimited } = policy.rules
  for (const grant of of.grants()) {
    const { spender, amount, asset, isUnlimited, what } = grant
    if (isUnlimited && blocksUnlimited) findings.push({ ...blocked(grant), policyId: policy.id })
    else if (isUnlimited)
      findings.push({
        code: 'APPROVE_TIER',
        verdict: 'APPROVAL',
        policyId: policy.id,
        tell: () => ({ message: `${spender} would be allowed to take ${what()}`, observed: spender }),
      })
    if (most === null || (amount !== null && amount <= most)) continue
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
