import { fieldsOf, OddAnswer } from '../answers.ts'
import type { RpcPool } from '../rpc-pool.ts'
import { readCount } from './hex.ts'

/** Unix milliseconds of the newest block, as the one of two endpoints says whose block is older. */
export async function blockTime(rpc: RpcPool): Promise<number> {
  const blocks = await rpc.witnesses<unknown>(2, 'eth_getBlockByNumber', ['latest', false])
  return Math.min(...blocks.map(timeOf))
}

function timeOf(block: unknown): number {
  const { timestamp } = fieldsOf(block, 'the newest block')
  const ms = readCount(timestamp) * 1000
  if (!Number.isSafeInteger(ms)) throw new OddAnswer('the time of a block', timestamp)
  return ms
}
