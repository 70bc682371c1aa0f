import type { Place } from './place.ts'

/** Behind what waits to be signed, of the wallet itself; what the chain says of others, and of a block. */
export async function transactionCount(place: Place, params: readonly unknown[]): Promise<unknown> {
  const [address, block] = params
  const isOwn = typeof address === 'string' && address.toLowerCase() === place.wallet.address.toLowerCase()
  if (!isOwn || block !== 'pending') return place.ask('eth_getTransactionCount', params)
  return `0x${(await place.nextNonce()).toString(16)}`
}
