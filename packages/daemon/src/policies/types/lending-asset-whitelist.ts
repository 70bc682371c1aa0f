import { addressKey, assetKey } from '@waiaas/contract'
import { nameOf } from '../bill.ts'
import type { Case, Finding } from '../case.ts'
import { requireChecksum } from '../checks.ts'
import { listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

type LendingAssetWhitelist = { readonly addresses: ReadonlySet<string> }

export const lendingAssetWhitelist = policyType<'LENDING_ASSET_WHITELIST', LendingAssetWhitelist>({
  admit(rules) {
    for (const { address } of rules.assets) requireChecksum(address)
    return rules
  },
  compile: ({ assets }) => ({ addresses: new Set(assets.map(({ address }) => addressKey(address))) }),
  judge,
  within: (one, other) => listedIn(one.addresses, (address) => other.addresses.has(address)),
  isTightestAbsent: () => true,
  absent: ({ facts, input }) =>
    facts.loans.map(({ asset }) =>
      deny('LENDING_ASSET_NOT_ALLOWED', `${nameOf(asset, input)} is on no list of tokens for lending and borrowing`, {
        observed: asset,
      }),
    ),
})

/** The native asset has no address, and can be on no list. */
function judge({ id, rules: { addresses } }: Scoped<LendingAssetWhitelist>, of: Case, findings: Finding[]): void {
  for (const { asset, action } of of.facts.loans) {
    const key = assetKey(asset)
    if (!key.includes('/slip44:') && addresses.has(key.slice(key.lastIndexOf(':') + 1))) continue
    findings.push({
      code: 'LENDING_ASSET_NOT_ALLOWED',
      verdict: 'DENY',
      policyId: id,
      tell: () => ({
        message: `${nameOf(asset, of.input)} is not one of the tokens for lending and borrowing, and this would ${action} it`,
        observed: asset,
        allowed: listed([...addresses]),
      }),
    })
  }
}
