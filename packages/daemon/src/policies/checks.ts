import {
  CHAINS,
  canonicalAsset,
  didYouMean,
  Failure,
  familiesOf,
  findNetwork,
  LOCAL_NETWORKS,
  type Network,
  unknownNetwork,
} from '@waiaas/contract'
import { families } from '../chains/families.ts'

/** A configured network by id, CAIP-2 name or alias, or Failure ACTION_VALIDATION_FAILED that names all. */
export function requireNetwork(networks: readonly Network[], name: string): Network {
  const network = findNetwork(networks, name)
  if (network) return network
  const known = networks.map(({ id }) => id)
  throw new Failure(
    'ACTION_VALIDATION_FAILED',
    `expected a configured network, got ${unknownNetwork(networks, name)}`,
    {
      details: { networks: known },
    },
  )
}

/** A family of chains as it is, or the id of a configured network. */
export function requirePlace(networks: readonly Network[], name: string): string {
  if (CHAINS.some((chain) => chain === name)) return name
  const network = findNetwork(networks, name)
  if (network) return network.id
  const near = didYouMean(name, [...CHAINS, ...networks.flatMap(({ id, caip2 }) => [id, caip2])])
  throw new Failure(
    'ACTION_VALIDATION_FAILED',
    `expected a family of chains or a configured network, got "${name.slice(0, 60)}"${near}`,
    { details: { networks: networks.map(({ id }) => id) } },
  )
}

/** A CAIP-19 asset in the form that compares, whatever its chain is called, with the checksum of its address looked at. */
export function requireAsset(networks: readonly Network[], asset: string): string {
  requireChecksum(addressOf(asset))
  // A local network may not be there yet.
  requireNetwork([...networks, ...LOCAL_NETWORKS], asset.slice(0, asset.indexOf('/')))
  return canonicalAsset(networks, asset)
}

/** The address at the end of a CAIP-19 asset. */
const addressOf = (asset: string): string => asset.slice(asset.lastIndexOf(':') + 1)

/** Fails with INVALID_ADDRESS where an address carries a checksum that is wrong. */
export function requireChecksum(address: string): void {
  for (const name of familiesOf(address)) families[name]?.requireChecksum?.(address)
}

/** What calls a function of a contract at an address; undefined where the family of the address knows no such function. */
export const selectorOf = (address: string, method: string): string | undefined =>
  familiesOf(address)
    .map((name) => families[name]?.selector?.(method))
    .find((selector) => selector !== undefined)
