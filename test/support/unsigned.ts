import { type Hex, serializeTransaction } from 'viem'
import type { EvmWorld } from './worlds.ts'

/** The first transaction of an account, as a library builds it before it is signed: a payment of little. */
export async function unsignedPayment(
  { node, newAddress }: Pick<EvmWorld, 'node' | 'newAddress'>,
  { to = newAddress(), value = 1_000n } = {},
): Promise<Hex> {
  const price = BigInt((await node.rpc('eth_gasPrice')) as string)
  return serializeTransaction({
    ...{ type: 'eip1559', chainId: node.chainId, nonce: 0, to: to as Hex, value, gas: 21_000n },
    ...{ maxFeePerGas: 2n * price, maxPriorityFeePerGas: price / 10n },
  })
}
