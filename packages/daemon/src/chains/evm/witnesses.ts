import { isFailure } from '@waiaas/contract'
import { type Rpc, RpcError } from '../rpc.ts'
import { type Receipt, readReceipt } from './receipts.ts'

/** What one endpoint says by itself: a receipt, none, or why it cannot tell. */
export type Witness = { readonly url: string } & (
  | { readonly receipt: Receipt | undefined }
  | { readonly complaint: string }
)

/** Asks one endpoint after the other for a receipt until what they said is enough. */
export async function witnessesOf(
  singles: readonly Rpc[],
  hash: string,
  isEnough: (said: readonly Witness[]) => boolean,
): Promise<Witness[]> {
  const said: Witness[] = []
  for (const single of singles) {
    said.push({ url: single.status()[0]?.url ?? 'an endpoint', ...(await ask(single, hash)) })
    if (isEnough(said)) return said
  }
  return said
}

async function ask(single: Rpc, hash: string): Promise<{ receipt: Receipt | undefined } | { complaint: string }> {
  try {
    const receipt = readReceipt(await single.call<unknown>('eth_getTransactionReceipt', [hash]))
    if (receipt && receipt.hash !== hash) return { complaint: `it answers the receipt of ${receipt.hash}` }
    return { receipt }
  } catch (error) {
    if (!(isFailure(error, 'CHAIN_ERROR') || error instanceof RpcError)) throw error
    return { complaint: error.message }
  }
}
