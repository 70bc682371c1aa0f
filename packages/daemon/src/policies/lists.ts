import { addressKey } from '@waiaas/contract'
import type { Case, Finding } from './case.ts'
import type { AllowedTokens, Policy, PolicyOf } from './compile.ts'

const listed = (items: readonly string[]): string =>
  items.length <= 5 ? items.join(', ') : `${items.slice(0, 5).join(', ')} and ${items.length - 5} more`

/** Every recipient must be on every list that applies. */
export function judgeWhitelist(policy: PolicyOf<'WHITELIST'>, of: Case, findings: Finding[]): void {
  if (of.isLane) return
  for (const recipient of of.recipients) {
    if (policy.rules.addresses.has(recipient)) continue
    findings.push({
      code: 'WHITELIST_DENIED',
      verdict: 'DENY',
      policyId: policy.id,
      tell: () => ({
        message: `${recipient} is not one of the allowed addresses`,
        observed: recipient,
        allowed: listed([...policy.rules.addresses]),
      }),
    })
  }
}

/** A human compares the addresses, unless a list of the operator's names this very one. */
export function judgeLookalikes(applying: readonly Policy[], of: Case, findings: Finding[]): void {
  if (of.isLane) return
  for (const [recipient, known] of Object.entries(of.input.lookalikes ?? {})) {
    const isListed = applying.some(
      (policy) => policy.type === 'WHITELIST' && policy.rules.addresses.has(addressKey(recipient)),
    )
    if (isListed) continue
    findings.push({
      code: 'RECIPIENT_LOOKALIKE',
      verdict: 'APPROVAL',
      tell: () => ({
        message: `${recipient} begins and ends like ${known}, which this wallet has paid, and is another address; compare all of it`,
        observed: recipient,
        allowed: known,
      }),
    })
  }
}

/** Every token that leaves must be on every list that applies; the native asset is no token. */
export function judgeTokens(policy: PolicyOf<'ALLOWED_TOKENS'>, of: Case, findings: Finding[]): void {
  for (const asset of of.tokens) {
    if (isListed(policy.rules, asset, of.input.network.chain)) continue
    findings.push({
      code: 'TOKEN_NOT_ALLOWED',
      verdict: 'DENY',
      policyId: policy.id,
      tell: () => ({
        message: `${asset} is not one of the allowed tokens`,
        observed: asset,
        allowed: listed([...policy.rules.assets, ...policy.rules.addresses, ...policy.rules.chainAddresses]),
      }),
    })
  }
}

function isListed({ assets, addresses, chainAddresses }: AllowedTokens, asset: string, chain: string): boolean {
  if (assets.has(asset)) return true
  const address = asset.slice(asset.lastIndexOf(':') + 1)
  return addresses.has(address) || chainAddresses.has(`${chain}:${address}`)
}

export function judgeNetworks(policy: PolicyOf<'ALLOWED_NETWORKS'>, of: Case, findings: Finding[]): void {
  const { networks } = policy.rules
  if (of.networkNames.some((name) => networks.has(name))) return
  const { id } = of.input.network
  findings.push({
    code: 'NETWORK_NOT_ALLOWED',
    verdict: 'DENY',
    policyId: policy.id,
    tell: () => ({ message: `${id} is not one of the allowed networks`, observed: id, allowed: listed([...networks]) }),
  })
}
