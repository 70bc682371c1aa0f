import { Failure, type Network } from '@waiaas/contract'

export type IdentityOptions = {
  readonly network: Network
  readonly allowForeignGenesis: boolean
  readonly warn: (message: string) => void
}

type Call = <T>(method: string, params: readonly unknown[]) => Promise<T>

/** The chain id in a network's CAIP-2 name. */
export function chainIdOf(network: Network): number {
  const [namespace, reference] = network.caip2.split(':')
  if (namespace !== 'eip155' || !/^[1-9]\d{0,15}$/.test(reference ?? ''))
    throw new Error(`expected an EVM network with a name such as eip155:1, got ${network.caip2}`)
  return Number(reference)
}

/**
 * Establishes that an endpoint serves the network: its chain id always, and the hash of block 0 where the network's is known.
 * A copy of a main network under its chain id would take signatures that are good on the real one.
 */
export function verifyIdentity({ network, allowForeignGenesis, warn }: IdentityOptions): (call: Call) => Promise<void> {
  const expected = chainIdOf(network)
  return async (call) => {
    const seen = await call<unknown>('eth_chainId', [])
    if (typeof seen !== 'string' || !/^0x[0-9a-f]+$/i.test(seen) || BigInt(seen) !== BigInt(expected))
      throw new Failure('CHAIN_ERROR', `expected chain id ${expected} of ${network.id}, it serves ${shown(seen)}`)
    if (network.genesis === undefined) return
    const block = await call<{ hash?: unknown } | null>('eth_getBlockByNumber', ['0x0', false])
    if (block?.hash === network.genesis) return
    const message = `expected the genesis block ${network.genesis} of ${network.id}, it has ${String(block?.hash ?? 'none')}`
    if (network.environment === 'mainnet' && !allowForeignGenesis) throw new Failure('CHAIN_ERROR', message)
    warn(message)
  }
}

const shown = (chainId: unknown): string =>
  typeof chainId === 'string' && /^0x[0-9a-f]{1,16}$/i.test(chainId) ? BigInt(chainId).toString() : 'no chain id'
