import type { Rpc } from '../chain.ts'
import { wholeNumber } from './accounts.ts'

type Landed = { meta: { fee: number } | null }

/** What landed transactions paid to the cluster, in lamports. Rent is no fee: it stays in the account that was created. */
export async function readFees(rpc: Rpc, hashes: readonly string[]): Promise<Map<string, bigint>> {
  const config = { encoding: 'base64', commitment: 'confirmed', maxSupportedTransactionVersion: 0 }
  const items = await rpc.batch(hashes.map((hash) => ({ method: 'getTransaction', params: [hash, config] })))
  const fees = new Map<string, bigint>()
  for (const [index, item] of items.entries()) {
    // A node without transaction history answers null or an error; the caller then knows what the bytes say.
    if (!('result' in item) || item.result === null) continue
    const { meta } = item.result as Landed
    if (meta) fees.set(hashes[index]!, wholeNumber(meta.fee, 'a fee'))
  }
  return fees
}
