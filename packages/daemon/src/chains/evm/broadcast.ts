import { isFailure } from '@waiaas/contract'
import { type Rpc, type Sent, Unreached } from '../chain.ts'
import { classify } from './classify.ts'
import { toHex } from './hex.ts'

/** Sends in order. `onAccepted` hears the hashes that a node named as new. */
export async function broadcast(
  rpc: Rpc,
  signed: readonly Uint8Array[],
  onAccepted: (hash: string) => void,
): Promise<Sent[]> {
  const calls = signed.map((bytes) => ({ method: 'eth_sendRawTransaction', params: [toHex(bytes)] }))
  try {
    const answers = await rpc.batch(calls)
    return answers.map((answer): Sent => {
      if ('error' in answer) return classify(answer.error)
      if (typeof answer.result === 'string') onAccepted(answer.result)
      return { outcome: 'accepted' }
    })
  } catch (error) {
    if (!isFailure(error, 'CHAIN_ERROR')) throw error
    if (error instanceof Unreached) return signed.map((): Sent => ({ outcome: 'unsent' }))
    // A node may have taken the bytes and lost the connection; only the chain can tell.
    return signed.map((): Sent => ({ outcome: 'unclear' }))
  }
}
