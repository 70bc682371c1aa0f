import { Failure, findNetwork, type Network } from '@waiaas/contract'
import { parseAddress } from '../chains/evm/address.ts'

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

/** Fails with INVALID_ADDRESS where a mixed-case address has a wrong checksum. */
export function requireChecksum(address: string): void {
  if (address.startsWith('0x')) parseAddress(address)
}
