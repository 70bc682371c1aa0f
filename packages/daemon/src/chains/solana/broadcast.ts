import { deliver } from '../deliver.ts'
import type { Sent } from '../follow.ts'
import type { RpcError } from '../rpc.ts'
import type { RpcPool } from '../rpc-pool.ts'
import { hashOf } from './signature.ts'

// Every transaction was simulated before it was signed, and the daemon itself sends again until the bytes expire.
const config = { encoding: 'base64', skipPreflight: true, maxRetries: 0 }

/** Hands wire bytes to one node in one round trip. Whatever is not a clear answer is `unclear`: only the chain knows. */
export async function broadcastAll(rpc: RpcPool, signed: readonly Uint8Array[]): Promise<Sent[]> {
  const calls = signed.map((bytes) => ({
    method: 'sendTransaction',
    params: [Buffer.from(bytes).toString('base64'), config],
  }))
  return deliver(rpc, calls, (answer, index) =>
    'error' in answer ? classify(answer.error) : accepted(answer, signed[index]),
  )
}

const accepted = ({ result }: { result: unknown }, bytes: Uint8Array | undefined): Sent => ({
  outcome: bytes && result === hashOf(bytes) ? 'accepted' : 'unclear',
})

// Codes: https://github.com/anza-xyz/agave/blob/master/rpc-client-api/src/custom_error.rs
const preflightFailure = -32_002
const signatureFailure = -32_003
const invalidParams = -32_602

/** A node's refusal in the daemon's vocabulary; errors of the node itself say nothing about the transaction. */
function classify(error: RpcError): Sent {
  const { code, message } = error
  if (code === signatureFailure || code === invalidParams) return { outcome: 'refused', reason: 'invalid', message }
  if (code !== preflightFailure) return { outcome: 'unclear' }
  const reason = transactionError(error.data)
  if (reason === 'AlreadyProcessed') return { outcome: 'known' }
  if (reason === 'BlockhashNotFound') return { outcome: 'refused', reason: 'expired', message }
  const unfunded = reason === 'InsufficientFundsForFee' || reason === 'AccountNotFound'
  return { outcome: 'refused', reason: unfunded ? 'insufficient-funds' : 'invalid', message }
}

function transactionError(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('err' in data)) return null
  return typeof data.err === 'string' ? data.err : null
}
