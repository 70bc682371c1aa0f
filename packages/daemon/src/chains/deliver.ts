import type { Sent } from './follow.ts'
import type { RpcError } from './rpc.ts'
import type { RpcPool } from './rpc-pool.ts'
import type { RpcCall } from './rpc-run.ts'

type Read = (answer: { result: unknown } | { error: RpcError }, index: number) => Sent

/** Hands signed bytes to nodes, in order, a call for each. What is no clear answer is `unclear`: only the chain knows. */
export async function deliver(rpc: Pick<RpcPool, 'deliver'>, calls: readonly RpcCall[], read: Read): Promise<Sent[]> {
  const { answers, isHeard, repeated } = await rpc.deliver(calls)
  return answers.map((answer, index): Sent => {
    if (!answer) return { outcome: isHeard ? 'unclear' : 'unsent' }
    const sent = read(answer, index)
    // The first time may have brought them into a block, and then it is their own nonce that is used.
    const isTheirOwn = repeated.has(calls[index]!) && sent.outcome === 'refused' && sent.reason === 'nonce-used'
    return isTheirOwn ? { outcome: 'unclear' } : sent
  })
}
