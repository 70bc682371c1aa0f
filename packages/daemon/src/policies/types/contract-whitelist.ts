import { addressKey, familiesOf, type PolicyRules } from '@waiaas/contract'
import type { Case, Finding } from '../case.ts'
import { requireChecksum, requirePlace } from '../checks.ts'
import { onNetwork } from '../places.ts'
import { listedIn } from '../within.ts'
import { deny, listed, policyType, type Scoped } from './type.ts'

type ContractWhitelist = {
  readonly addresses: ReadonlySet<string>
  /** `<chain>:<address>`, the chain a family or a network's id. */
  readonly chainAddresses: ReadonlySet<string>
}

export const contractWhitelist = policyType<'CONTRACT_WHITELIST', ContractWhitelist>({
  admit: ({ contracts }, networks) => ({
    contracts: contracts.map(({ chain, ...contract }) => {
      requireChecksum(contract.address)
      return { ...contract, ...(chain && { chain: requirePlace(networks, chain) }) }
    }),
  }),
  compile,
  judge,
  within: (one, other) =>
    listedIn(one.addresses, (key) => other.addresses.has(key)) &&
    listedIn(
      one.chainAddresses,
      (key) => other.chainAddresses.has(key) || other.addresses.has(key.slice(key.indexOf(':') + 1)),
    ),
  isTightestAbsent: ({ denyContracts }) => denyContracts,
  allows: ({ addresses, chainAddresses }, network) => ({
    contracts: [...onNetwork(chainAddresses, network), ...addresses].filter((address) =>
      familiesOf(address).includes(network.chain),
    ),
  }),
  absent: ({ input, facts }) =>
    input.toggles.denyContracts
      ? facts.calls.map(({ contract }) =>
          deny('CONTRACT_CALL_DISABLED', `the contract ${contract} is on no list of those that may be called`, {
            observed: contract,
          }),
        )
      : [],
})

function compile({ contracts }: PolicyRules<'CONTRACT_WHITELIST'>): ContractWhitelist {
  const addresses = new Set<string>()
  const chainAddresses = new Set<string>()
  for (const { address, chain } of contracts) {
    if (chain) chainAddresses.add(`${chain}:${addressKey(address)}`)
    else addresses.add(addressKey(address))
  }
  return { addresses, chainAddresses }
}

/** Every contract whose code is called must be on every list that applies. */
function judge(policy: Scoped<ContractWhitelist>, of: Case, findings: Finding[]): void {
  const { addresses, chainAddresses } = policy.rules
  const { chain, id } = of.input.network
  for (const { contract } of of.facts.calls) {
    const key = addressKey(contract)
    if (addresses.has(key) || [chain, id].some((place) => chainAddresses.has(`${place}:${key}`))) continue
    findings.push({
      code: 'CONTRACT_NOT_WHITELISTED',
      verdict: 'DENY',
      policyId: policy.id,
      tell: () => ({
        message: `${contract} is not one of the contracts that may be called`,
        observed: contract,
        allowed: listed([...addresses, ...chainAddresses]),
      }),
    })
  }
}
