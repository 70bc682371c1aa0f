import type { Rpc } from '../chain.ts'
import { quantity, readQuantity } from './hex.ts'

type Transactions = { transactions?: readonly { from?: unknown; nonce?: unknown; hash?: unknown }[] } | null

/**
 * The hash of the transaction that used a nonce in a block up to `until`, found by halving; undefined when it cannot be found.
 * Nodes without old state answer for their newest blocks only, so heights they know nothing of count as before it.
 */
export async function userOfNonce(rpc: Rpc, sender: string, nonce: number, until: number): Promise<string | undefined> {
  let [before, at] = [-1, until]
  while (at - before > 1) {
    const middle = before + Math.floor((at - before) / 2)
    const params = [sender, quantity(middle)]
    const [answer] = await rpc.batch([{ method: 'eth_getTransactionCount', params }])
    const isUsed = answer && 'result' in answer && readQuantity(answer.result) > BigInt(nonce)
    if (isUsed) at = middle
    else before = middle
  }
  const block = await rpc.call<Transactions>('eth_getBlockByNumber', [quantity(at), true])
  const found = block?.transactions?.find(
    ({ from, nonce: used }) =>
      typeof from === 'string' && from.toLowerCase() === sender.toLowerCase() && readQuantity(used) === BigInt(nonce),
  )
  return typeof found?.hash === 'string' ? found.hash : undefined
}
