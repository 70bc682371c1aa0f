import { deliver } from '../deliver.ts'
import type { Sent } from '../follow.ts'
import type { RpcPool } from '../rpc-pool.ts'
import { classify, leastOf } from './classify.ts'
import type { FeeSource } from './fees.ts'
import { toHex } from './hex.ts'

type Parts = {
  readonly rpc: RpcPool
  readonly fees: FeeSource
  /** Hears the hashes that a node named as new. */
  readonly onAccepted: (hash: string) => void
}

/** Sends in order. */
export async function broadcast({ rpc, fees, onAccepted }: Parts, signed: readonly Uint8Array[]): Promise<Sent[]> {
  const calls = signed.map((bytes) => ({ method: 'eth_sendRawTransaction', params: [toHex(bytes)] }))
  return deliver(rpc, calls, (answer) => {
    if ('error' in answer) return withLeast(fees, classify(answer.error))
    if (typeof answer.result !== 'string' || !/^0x[0-9a-f]{64}$/i.test(answer.result)) return { outcome: 'unclear' }
    onAccepted(answer.result.toLowerCase())
    return { outcome: 'accepted' }
  })
}

/** What a node named is offered by the next draft, and told where it can be believed. */
function withLeast(fees: FeeSource, sent: Sent): Sent {
  if (sent.outcome !== 'refused' || sent.reason !== 'underpriced') return sent
  const least = leastOf(sent)
  return fees.refused(least) && least ? { ...sent, least: least.wei } : sent
}
