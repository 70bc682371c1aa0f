import { addressKey, assetKey, familiesOf, type Network, type PolicyRules, tokenAsset } from '@waiaas/contract'
import { nameOf, type Valued } from '../bill.ts'
import type { Case, Finding } from '../case.ts'
import { requireAsset, requireChecksum, requirePlace } from '../checks.ts'
import { onNetwork } from '../places.ts'
import { listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

type AllowedTokens = {
  readonly assets: ReadonlySet<string>
  readonly addresses: ReadonlySet<string>
  /** `<chain>:<address>`, the chain a family or a network's id. */
  readonly chainAddresses: ReadonlySet<string>
}

export const allowedTokens = policyType<'ALLOWED_TOKENS', AllowedTokens>({
  admit: ({ tokens }, networks) => ({
    tokens: tokens.map(({ assetId, chain, ...token }) => {
      requireChecksum(token.address)
      return {
        ...token,
        ...(chain && { chain: requirePlace(networks, chain) }),
        ...(assetId && { assetId: requireAsset(networks, assetId) }),
      }
    }),
  }),
  compile,
  judge,
  within: (one, other) =>
    listedIn(one.addresses, (key) => other.addresses.has(key)) &&
    listedIn(
      one.chainAddresses,
      (key) => other.chainAddresses.has(key) || other.addresses.has(key.slice(key.lastIndexOf(':') + 1)),
    ) &&
    listedIn(one.assets, (key) => other.assets.has(key) || other.addresses.has(key.slice(key.lastIndexOf(':') + 1))),
  isTightestAbsent: ({ denyTokens }) => denyTokens,
  tokens: listedOn,
  allows: (rules, network) => ({ tokens: listedOn(rules, network).map(addressKey) }),
  absent: ({ input, tokens, revoked }) =>
    input.toggles.denyTokens
      ? [
          ...tokens.map((asset) =>
            deny('TOKEN_NOT_ALLOWED', `${nameOf(asset, input)} is on no list of allowed tokens`, { observed: asset }),
          ),
          ...revoked.map((asset) => unlisted(asset, input)),
        ]
      : [],
})

function listedOn({ assets, addresses, chainAddresses }: AllowedTokens, network: Network): string[] {
  const start = tokenAsset(network, '')
  const named = [...assets].flatMap((one) => (one.startsWith(start) ? [one.slice(start.length)] : []))
  const all = [...named, ...onNetwork(chainAddresses, network), ...addresses]
  return all.filter((address) => familiesOf(address).includes(network.chain))
}

function compile({ tokens }: PolicyRules<'ALLOWED_TOKENS'>): AllowedTokens {
  const assets = new Set<string>()
  const addresses = new Set<string>()
  const chainAddresses = new Set<string>()
  for (const { assetId, address, chain } of tokens) {
    if (assetId) assets.add(assetKey(assetId))
    else if (chain) chainAddresses.add(`${chain}:${addressKey(address)}`)
    else addresses.add(addressKey(address))
  }
  return { assets, addresses, chainAddresses }
}

/** Nothing leaves, and still a stranger's code would run in the name of the wallet. */
const unlisted = (asset: string, valued: Valued): Finding => ({
  code: 'TOKEN_NOT_ALLOWED',
  verdict: 'APPROVAL',
  tell: () => ({
    message: `${nameOf(asset, valued)} is on no list, and its code would be called to take an allowance back`,
    observed: asset,
  }),
})

/** Every token that leaves must be on every list that applies; the native asset is no token. */
function judge(policy: Scoped<AllowedTokens>, of: Case, findings: Finding[]): void {
  for (const asset of of.revoked)
    if (!isListed(policy.rules, asset, of.input.network))
      findings.push({ ...unlisted(asset, of.input), policyId: policy.id })
  for (const asset of of.tokens) {
    if (isListed(policy.rules, asset, of.input.network)) continue
    findings.push({
      code: 'TOKEN_NOT_ALLOWED',
      verdict: 'DENY',
      policyId: policy.id,
      tell: () => ({
        message: `${nameOf(asset, of.input)} is not one of the allowed tokens`,
        observed: asset,
        allowed: listed([...policy.rules.assets, ...policy.rules.addresses, ...policy.rules.chainAddresses]),
      }),
    })
  }
}

function isListed(
  { assets, addresses, chainAddresses }: AllowedTokens,
  asset: string,
  { chain, id }: Pick<Network, 'chain' | 'id'>,
): boolean {
  if (assets.has(asset)) return true
  const address = asset.slice(asset.lastIndexOf(':') + 1)
  return addresses.has(address) || [chain, id].some((place) => chainAddresses.has(`${place}:${address}`))
}
