import { CODES, ProxyError } from './errors.ts'
import type { Place } from './place.ts'

/** Behind what waits to be signed, of the wallet itself; what the chain says of others, and of a block. */
export async function transactionCount(place: Place, params: readonly unknown[]): Promise<unknown> {
  const [address, block] = params
  const isOwn = typeof address === 'string' && address.toLowerCase() === place.wallet.address.toLowerCase()
  if (!isOwn || block !== 'pending') return place.ask('eth_getTransactionCount', params)
  return `0x${(await place.nextNonce()).toString(16)}`
}

/**
 * What the chain says of a hash. Where the daemon has outbid it, what stands for it now: the same payment under its new
 * hash; error -32003 once its cancel has taken its nonce.
 */
export async function ofHash(place: Place, method: string, params: readonly unknown[]): Promise<unknown> {
  const found = await place.ask(method, params)
  const [hash] = params
  if (found !== null || typeof hash !== 'string') return found
  const instead = await place.inPlaceOf(hash.toLowerCase())
  if (instead?.isCancel)
    throw new ProxyError(CODES.rejected, `not sent: it was cancelled, and ${instead.hash} took its nonce`)
  return instead ? place.ask(method, [instead.hash]) : null
}
