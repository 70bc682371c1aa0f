import { Failure, type Network } from '@waiaas/contract'
import { cache } from '../../platform/cache.ts'
import { fieldsOf } from '../answers.ts'
import type { Rpc } from '../rpc.ts'
import { ofTwo } from '../two-endpoints.ts'
import { quantityOr } from './hex.ts'

export type FeeKind = 'eip1559' | 'legacy'

/** A network changes its kind once in its life, if ever. */
const KIND_MS = 600_000

/** The base fee that a block names; undefined on networks from before EIP-1559. */
export const baseFeeOf = (block: unknown): bigint | undefined =>
  quantityOr(fieldsOf(block, 'the newest block').baseFeePerGas)

/**
 * Which kind of fees a network takes: as it is described, else as two endpoints show it where two are configured. Undefined
 * on a local network that does not say: there the block itself tells.
 */
export function feeKind(network: Network, singles: readonly Rpc[], clock: () => number) {
  const kinds = cache<FeeKind>({ freshMs: KIND_MS, staleMs: Number.POSITIVE_INFINITY, clock })
  return async (): Promise<FeeKind | undefined> => {
    if (network.fees) return network.fees
    // Development nodes are started as either.
    return network.local ? undefined : kinds.get('', () => agreedKind(network, singles))
  }
}

async function agreedKind({ id }: Network, singles: readonly Rpc[]): Promise<FeeKind> {
  const [kind, other = kind] = await ofTwo(singles, async (rpc): Promise<FeeKind> => {
    const block = await rpc.call('eth_getBlockByNumber', ['latest', false])
    return baseFeeOf(block) === undefined ? 'legacy' : 'eip1559'
  })
  if (kind === other) return kind
  throw new Failure(
    'CHAIN_ERROR',
    `the endpoints of ${id} do not agree whether its blocks have a base fee. Check the endpoints, or say which fees the network has`,
  )
}
