import { isFailure } from '@waiaas/contract'
import type { Sent } from '../follow.ts'
import { type Rpc, Unreached } from '../rpc.ts'
import { classify, leastOf } from './classify.ts'
import type { FeeSource } from './fees.ts'
import { toHex } from './hex.ts'

type Parts = {
  readonly rpc: Rpc
  readonly fees: FeeSource
  /** Hears the hashes that a node named as new. */
  readonly onAccepted: (hash: string) => void
}

/** Sends in order. */
export async function broadcast({ rpc, fees, onAccepted }: Parts, signed: readonly Uint8Array[]): Promise<Sent[]> {
  const calls = signed.map((bytes) => ({ method: 'eth_sendRawTransaction', params: [toHex(bytes)] }))
  try {
    const answers = await rpc.batch(calls)
    return answers.map((answer): Sent => {
      if ('error' in answer) return withLeast(fees, classify(answer.error))
      if (typeof answer.result !== 'string' || !/^0x[0-9a-f]{64}$/i.test(answer.result)) return { outcome: 'unclear' }
      onAccepted(answer.result.toLowerCase())
      return { outcome: 'accepted' }
    })
  } catch (error) {
    if (!isFailure(error, 'CHAIN_ERROR')) throw error
    if (error instanceof Unreached) return signed.map((): Sent => ({ outcome: 'unsent' }))
    // A node may have taken the bytes and lost the connection; only the chain can tell.
    return signed.map((): Sent => ({ outcome: 'unclear' }))
  }
}

/** What a node named is offered by the next draft, and told where it can be believed. */
function withLeast(fees: FeeSource, sent: Sent): Sent {
  if (sent.outcome !== 'refused' || sent.reason !== 'underpriced') return sent
  const least = leastOf(sent)
  return fees.refused(least) && least ? { ...sent, least: least.wei } : sent
}
