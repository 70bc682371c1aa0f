import { Failure, type Network } from '@waiaas/contract'
import { fieldsOf, shown } from '../answers.ts'
import { quantityOr } from './hex.ts'

export type IdentityOptions = {
  readonly network: Network
  readonly allowForeignGenesis: boolean
  readonly warn: (message: string) => void
}

type Call = <T>(method: string, params: readonly unknown[]) => Promise<T>

/** A network and the chain id that its transactions name. */
export type EvmNetwork = { readonly network: Network; readonly chainId: number }

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
    const chainId = quantityOr(seen)
    if (chainId !== BigInt(expected))
      throw new Failure(
        'CHAIN_ERROR',
        `expected chain id ${expected} of ${network.id}, it serves ${chainId ?? `no chain id but ${shown(seen, 60)}`}`,
      )
    if (network.genesis === undefined) return
    const block = await call<unknown>('eth_getBlockByNumber', ['0x0', false])
    const hash = block === null ? undefined : fieldsOf(block, 'the genesis block').hash
    if (typeof hash === 'string' && hash.toLowerCase() === network.genesis.toLowerCase()) return
    const message = `expected the genesis block ${network.genesis} of ${network.id}, it has ${shown(hash)}`
    if (network.environment === 'mainnet' && !allowForeignGenesis) throw new Failure('CHAIN_ERROR', message)
    warn(message)
  }
}
