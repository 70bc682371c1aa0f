import { fieldsOf, listOf, readOr } from '../answers.ts'
import type { Rpc } from '../rpc.ts'
import type { RpcPool } from '../rpc-pool.ts'
import { quantity, quantityOr, readCount, readHash } from './hex.ts'

/** The next nonce at `latest`; above what was expected the lower of what two endpoints say, where two are configured. */
export async function nextNonce(rpc: RpcPool, sender: string, expected: number): Promise<number> {
  const params = [sender, 'latest']
  const first = readCount(await rpc.call('eth_getTransactionCount', params))
  if (first <= expected) return first
  const answers = await rpc.witnesses<unknown>(2, 'eth_getTransactionCount', params)
  return Math.min(...answers.map(readCount))
}

type UsedNonce = { readonly sender: string; readonly nonce: number }

/**
 * The hash of the transaction that used a nonce in a block up to `until`, found by halving; undefined when it cannot be found.
 * Nodes without old state answer for their newest blocks only, so heights they know nothing of count as before it.
 */
export async function userOfNonce(rpc: Rpc, { sender, nonce }: UsedNonce, until: number): Promise<string | undefined> {
  let [before, at] = [-1, until]
  while (at - before > 1) {
    const middle = before + Math.floor((at - before) / 2)
    const params = [sender, quantity(middle)]
    const [answer] = await rpc.batch([{ method: 'eth_getTransactionCount', params }])
    const count = answer && 'result' in answer ? quantityOr(answer.result) : undefined
    const isUsed = count !== undefined && count > BigInt(nonce)
    if (isUsed) at = middle
    else before = middle
  }
  const block = await rpc.call<unknown>('eth_getBlockByNumber', [quantity(at), true])
  if (block === null) return undefined
  const hashes = listOf(fieldsOf(block, 'a block').transactions, 'the transactions of a block').flatMap((entry) =>
    readOr(
      () => {
        const { from, nonce: used, hash } = fieldsOf(entry, 'a transaction')
        const isIt = typeof from === 'string' && from.toLowerCase() === sender.toLowerCase()
        return isIt && quantityOr(used) === BigInt(nonce) ? [readHash(hash, 'the hash of a transaction')] : []
      },
      () => [],
    ),
  )
  return hashes[0]
}
