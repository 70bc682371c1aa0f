import { type Base, isFailure, toBase } from '@waiaas/contract'
import { fieldsOf, readOr, wholeNumber } from '../answers.ts'
import type { Rpc } from '../rpc.ts'
import { newestVersion } from './wire.ts'

const config = { encoding: 'base64', commitment: 'confirmed', maxSupportedTransactionVersion: newestVersion }

/**
 * What landed transactions paid to the cluster, in lamports, of those of which a node tells. Without transaction history
 * it does not; the caller then knows what the bytes say. Rent is no fee: it stays in the account that was created.
 */
export async function readFees(rpc: Rpc, hashes: readonly string[]): Promise<Map<string, Base>> {
  const items = await rpc
    .batch(hashes.map((hash) => ({ method: 'getTransaction', params: [hash, config] })))
    .catch(none)
  const fees = new Map<string, Base>()
  for (const [index, item] of items.entries()) {
    const fee =
      'result' in item
        ? readOr(
            () => feeIn(item.result),
            () => undefined,
          )
        : undefined
    if (fee !== undefined) fees.set(hashes[index]!, fee)
  }
  return fees
}

/** Some endpoints refuse history by status, whoever asks for it. */
function none(error: unknown): never[] {
  if (!isFailure(error, 'CHAIN_ERROR')) throw error
  return []
}

function feeIn(transaction: unknown): Base | undefined {
  if (transaction === null) return undefined
  const { meta } = fieldsOf(transaction, 'a transaction')
  return toBase(wholeNumber(fieldsOf(meta, 'what a transaction did').fee, 'a fee'))
}
