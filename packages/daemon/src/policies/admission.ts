import { Failure, findNetwork, type Network, type PolicyRules, type PolicyType, parseRules } from '@waiaas/contract'
import { parseAddress } from '../chains/evm/address.ts'

type Admission = { [T in PolicyType]: (rules: PolicyRules<T>, networks: readonly Network[]) => PolicyRules<T> }

/** What only this daemon can tell of rules: checksums, and which networks it knows. */
const admissions: Admission = {
  SPENDING_LIMIT: (rules) => {
    for (const key of Object.keys(rules.token_limits ?? {})) requireChecksum(addressOf(key))
    return rules
  },
  ALLOWED_TOKENS: (rules) => {
    for (const { address, assetId } of rules.tokens) {
      requireChecksum(address)
      if (assetId) requireChecksum(addressOf(assetId))
    }
    return rules
  },
  WHITELIST: (rules) => {
    rules.allowed_addresses.forEach(requireChecksum)
    return rules
  },
  ALLOWED_NETWORKS: (rules, networks) => ({
    networks: rules.networks.map((entry) => ({ ...entry, network: requireNetwork(networks, entry.network).id })),
  }),
  RATE_LIMIT: (rules) => rules,
  TIME_RESTRICTION: (rules) => rules,
}

/** Rules as they are stored: valid, defaults filled in, networks by id. Failures: ACTION_VALIDATION_FAILED, INVALID_ADDRESS. */
export const admitRules = <T extends PolicyType>(
  type: T,
  rules: unknown,
  networks: readonly Network[],
): PolicyRules<T> => admissions[type](parseRules(type, rules), networks)

/** A configured network by id, CAIP-2 name or alias, or Failure ACTION_VALIDATION_FAILED that names all. */
export function requireNetwork(networks: readonly Network[], name: string): Network {
  const network = findNetwork(networks, name)
  if (network) return network
  const known = networks.map(({ id }) => id)
  throw new Failure('ACTION_VALIDATION_FAILED', `expected a configured network, got "${name}"`, {
    details: { networks: known },
  })
}

const addressOf = (asset: string): string => asset.slice(asset.lastIndexOf(':') + 1)

function requireChecksum(address: string): void {
  if (address.startsWith('0x')) parseAddress(address)
}
