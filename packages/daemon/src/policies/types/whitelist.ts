import { addressKey, UNREAD_RECIPIENT } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { requireChecksum } from '../checks.ts'
import { listedIn } from '../within.ts'
import { listed, policyType, type Scoped } from './type.ts'

type Whitelist = { readonly addresses: ReadonlySet<string> }

export const whitelist = policyType<'WHITELIST', Whitelist>({
  admit(rules) {
    rules.allowed_addresses.forEach(requireChecksum)
    return rules
  },
  compile: ({ allowed_addresses }) => ({ addresses: new Set(allowed_addresses.map(addressKey)) }),
  judge,
  within: (one, other) => listedIn(one.addresses, (address) => other.addresses.has(address)),
  allows: ({ addresses }) => ({ recipients: [...addresses] }),
  names: ({ addresses }, recipient) => addresses.has(recipient),
})

/** Every recipient must be on every list that applies. */
function judge(policy: Scoped<Whitelist>, of: Case, findings: Finding[]): void {
  if (of.isLane) return
  for (const recipient of of.recipients) {
    if (policy.rules.addresses.has(recipient)) continue
    findings.push({
      code: 'WHITELIST_DENIED',
      verdict: 'DENY',
      policyId: policy.id,
      tell: () => ({
        message:
          recipient === UNREAD_RECIPIENT
            ? "its bytes do not show who gets something, so that nobody knows it to be one of the allowed addresses; ask for it in the exact form of the contract's ABI, or without a call inside that cannot be read"
            : `${recipient} is not one of the allowed addresses`,
        observed: recipient,
        allowed: listed([...policy.rules.addresses]),
      }),
    })
  }
}
