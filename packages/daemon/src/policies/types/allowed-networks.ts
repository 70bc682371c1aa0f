import { type Case, type Finding, networkKey } from '../case.ts'
import { requireNetwork } from '../checks.ts'
import { listedIn } from '../within.ts'
import { listed, policyType, type Scoped } from './type.ts'

type AllowedNetworks = { readonly networks: ReadonlySet<string> }

export const allowedNetworks = policyType<'ALLOWED_NETWORKS', AllowedNetworks>({
  admit: (rules, networks) => ({
    networks: rules.networks.map((entry) => ({ ...entry, network: requireNetwork(networks, entry.network).id })),
  }),
  compile: ({ networks }) => ({ networks: new Set(networks.map(({ network }) => networkKey(network))) }),
  judge,
  within: (one, other) => listedIn(one.networks, (network) => other.networks.has(network)),
})

function judge(policy: Scoped<AllowedNetworks>, of: Case, findings: Finding[]): void {
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
