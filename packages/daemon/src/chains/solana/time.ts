import { fieldsOf, OddAnswer } from '../answers.ts'
import type { RpcPool } from '../rpc-pool.ts'
import { bytesOf, contentOf } from './accounts.ts'

/** The cluster's time, which its validators vote on: https://docs.anza.xyz/runtime/sysvars#clock */
const clockSysvar = 'SysvarC1ock11111111111111111111111111111111'
/** Where the account holds unix seconds, after four other numbers. */
const secondsAt = 32
const size = 40

/** Unix milliseconds of the newest confirmed block, as the one of two endpoints says whose block is older. */
export async function blockTime(rpc: RpcPool): Promise<number> {
  const options = { encoding: 'base64', commitment: 'confirmed' }
  const answers = await rpc.witnesses<unknown>(2, 'getAccountInfo', [clockSysvar, options])
  return Math.min(...answers.map(timeOf))
}

function timeOf(answer: unknown): number {
  const data = bytesOf(fieldsOf(contentOf(answer), 'the clock of a cluster').data)
  if (data.length !== size) throw new OddAnswer(`the ${size} bytes of a clock`, data.length)
  const ms = Number(data.readBigInt64LE(secondsAt)) * 1000
  if (!Number.isSafeInteger(ms) || ms < 0) throw new OddAnswer('the time of a cluster', ms)
  return ms
}
