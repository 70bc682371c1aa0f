import { type Effect, tokenAsset } from '@waiaas/contract'
import type { AbiValue } from '../abi.ts'
import { checksummed } from '../address.ts'
import { number, type ReadCall } from './call.ts'

/** The most of a token that a swap takes from whoever calls. */
export type Bound = { readonly token: string; readonly amount: bigint }

/** What pools and prices leave open, up to a bound, of which nobody knows more before it has happened. */
export const atMost = ({ network, tx }: ReadCall, { token, amount }: Bound): Effect => ({
  ...{ kind: 'outflow', asset: tokenAsset(network, token), amount: amount.toString(), to: checksummed(tx.to) },
  isMost: true,
})

/** A path that ends with what goes in: tokens with the fees of pools between them. Undefined: it is none. */
export function boundOf(path: string, amount: AbiValue | undefined): Bound | undefined {
  if (!/^0x[0-9a-f]{40}(?:[0-9a-f]{46})+$/.test(path)) return undefined
  return { token: `0x${path.slice(-40)}`, amount: number(amount) }
}
