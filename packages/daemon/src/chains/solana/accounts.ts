import { Failure } from '@waiaas/contract'
import type { Rpc } from '../chain.ts'
import type { ReadAccount } from './mint.ts'

type WireAccount = { owner: string; executable: boolean; lamports: number; data: [string, string] }
const mostAccounts = 100

/** Accounts in the order asked for, null where there is none. At `confirmed`, like every read that informs a transaction. */
export async function readAccounts(rpc: Rpc, addresses: readonly string[]): Promise<(ReadAccount | null)[]> {
  const found: (ReadAccount | null)[] = []
  for (let start = 0; start < addresses.length; start += mostAccounts) {
    const part = addresses.slice(start, start + mostAccounts)
    const config = { encoding: 'base64', commitment: 'confirmed' }
    const { value } = await rpc.call<{ value: (WireAccount | null)[] }>('getMultipleAccounts', [part, config])
    found.push(...value.map((account) => account && fromWire(account)))
  }
  return found
}

const fromWire = ({ owner, executable, lamports, data }: WireAccount): ReadAccount => ({
  owner,
  executable,
  lamports: wholeNumber(lamports, 'lamports'),
  data: Buffer.from(data[0], 'base64'),
})

/** A JSON number that was read exactly; Failure CHAIN_ERROR above 2^53, where parsing has already rounded it. */
export function wholeNumber(value: unknown, what: string): bigint {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Failure('CHAIN_ERROR', `expected ${what} as a whole number that JSON can carry, got ${String(value)}`)
  return BigInt(value)
}
