import type { Rpc } from '../chain.ts'
import { wholeNumber } from './accounts.ts'
import { associatedTokenProgram } from './programs.ts'

type Meta = { fee: number; err: unknown; preBalances: number[]; postBalances: number[] }
type Landed = {
  meta: Meta | null
  transaction: {
    message: { accountKeys: string[]; instructions: { programIdIndex: number; accounts: number[] }[] }
  }
}

/** What landed transactions were charged, in lamports: the fee, and the rent of token accounts that they created. */
export async function readCharges(rpc: Rpc, hashes: readonly string[]): Promise<Map<string, bigint>> {
  const config = { encoding: 'json', commitment: 'confirmed', maxSupportedTransactionVersion: 0 }
  const items = await rpc.batch(hashes.map((hash) => ({ method: 'getTransaction', params: [hash, config] })))
  const charges = new Map<string, bigint>()
  for (const [index, item] of items.entries()) {
    // A node without transaction history answers null or an error; the caller then knows what the bytes say.
    if (!('result' in item) || item.result === null) continue
    const charge = chargeOf(item.result as Landed)
    if (charge !== null) charges.set(hashes[index]!, charge)
  }
  return charges
}

function chargeOf({ meta, transaction: { message } }: Landed): bigint | null {
  if (!meta) return null
  const fee = wholeNumber(meta.fee, 'a fee')
  if (meta.err !== null) return fee
  const created = message.instructions
    .filter(({ programIdIndex }) => message.accountKeys[programIdIndex] === associatedTokenProgram)
    .flatMap(({ accounts }) => accounts.slice(1, 2))
    .filter((account) => meta.preBalances[account] === 0)
  return created.reduce((sum, account) => sum + wholeNumber(meta.postBalances[account], 'a rent'), fee)
}
