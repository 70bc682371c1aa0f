import { Failure, familiesOf, findNetwork, type Network } from '@waiaas/contract'
import { families } from '../chains/families.ts'

/** A configured network by id, CAIP-2 name or alias, or Failure ACTION_VALIDATION_FAILED that names all. */
export function requireNetwork(networks: readonly Network[], name: string): Network {
  const network = findNetwork(networks, name)
  if (network) return network
  const known = networks.map(({ id }) => id)
  throw new Failure('ACTION_VALIDATION_FAILED', `expected a configured network, got "${name}"`, {
    details: { networks: known },
  })
}

/** The address at the end of a CAIP-19 asset. */
export const addressOf = (asset: string): string => asset.slice(asset.lastIndexOf(':') + 1)

/** Fails with INVALID_ADDRESS where an address carries a checksum that is wrong. */
export function requireChecksum(address: string): void {
  for (const name of familiesOf(address)) families[name]?.requireChecksum?.(address)
}

/** What calls a function of a contract at an address; undefined where the family of the address knows no such function. */
export const selectorOf = (address: string, method: string): string | undefined =>
  familiesOf(address)
    .map((name) => families[name]?.selector?.(method))
    .find((selector) => selector !== undefined)
