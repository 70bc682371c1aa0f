import { Failure } from '@waiaas/contract'
import type { RpcPool } from '../rpc-pool.ts'
import { readQuantity } from './hex.ts'

/** Unix milliseconds of the newest block, as the one of two endpoints says whose block is older. */
export async function blockTime(rpc: RpcPool): Promise<number> {
  const blocks = await rpc.witnesses<unknown>(2, 'eth_getBlockByNumber', ['latest', false])
  return Math.min(...blocks.map(timeOf))
}

function timeOf(block: unknown): number {
  if (typeof block !== 'object' || block === null || !('timestamp' in block))
    throw new Failure('CHAIN_ERROR', 'a node answered no block, or one without its time')
  return Number(readQuantity(block.timestamp)) * 1000
}
