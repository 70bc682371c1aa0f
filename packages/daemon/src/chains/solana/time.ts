import { Failure } from '@waiaas/contract'
import { RpcError } from '../chain.ts'
import type { RpcPool } from '../rpc-pool.ts'

/** The cluster's time, which its validators vote on: https://docs.anza.xyz/runtime/sysvars#clock */
const clockSysvar = 'SysvarC1ock11111111111111111111111111111111'
/** Where the account holds unix seconds, after four other numbers. */
const secondsAt = 32
const size = 40

/** Unix milliseconds of the newest confirmed block, as the one of two endpoints says whose block is older. */
export async function blockTime(rpc: RpcPool): Promise<number> {
  const options = { encoding: 'base64', commitment: 'confirmed' }
  const answers = await rpc.witnesses<unknown>(2, 'getAccountInfo', [clockSysvar, options]).catch(asFailure)
  return Math.min(...answers.map(timeOf))
}

/** A node that is behind answers an error instead. */
function asFailure(error: unknown): never {
  if (!(error instanceof RpcError)) throw error
  throw new Failure('CHAIN_ERROR', `a node tells no time: ${error.message.slice(0, 300)}`, { cause: error })
}

function timeOf(answer: unknown): number {
  // The shape that the method's documentation promises for this encoding; what is not there is refused below.
  const { value } = answer as { value?: { data?: [unknown] } | null }
  const data = Buffer.from(String(value?.data?.[0] ?? ''), 'base64')
  if (data.length !== size)
    throw new Failure('CHAIN_ERROR', `expected the clock of a cluster, got ${data.length} bytes`)
  return Number(data.readBigInt64LE(secondsAt)) * 1000
}
