import type { Tier } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { asStrict } from '../within.ts'
import { policyType, type Scoped } from './type.ts'

type ApproveTierOverride = { readonly tier: Tier }

export const approveTierOverride = policyType<'APPROVE_TIER_OVERRIDE', ApproveTierOverride>({
  admit: (rules) => rules,
  compile: ({ tier }) => ({ tier }),
  judge,
  within: (one, other) => asStrict(one.tier, other.tier),
})

/** The strictest tier wins, so that this one lowers nothing. */
function judge(policy: Scoped<ApproveTierOverride>, of: Case, findings: Finding[]): void {
  const { tier } = policy.rules
  const [grant] = of.grants()
  if (!grant || tier === 'INSTANT') return
  findings.push({
    code: 'APPROVE_TIER',
    verdict: tier,
    policyId: policy.id,
    tell: () => ({ message: `${grant.spender} would be allowed to take ${grant.what()}`, observed: grant.spender }),
  })
}
