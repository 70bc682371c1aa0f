import { Failure } from '@waiaas/contract'
import type { Rpc } from '../chain.ts'
import type { ReadAccount } from './mint.ts'

type WireAccount = { owner: string; executable: boolean; lamports: unknown; data: [string, string] }
type WireAnswer = { value: (WireAccount | null)[] }
type Call = { readonly method: string; readonly params: readonly unknown[] }
const mostAccounts = 100

/** Accounts in the order asked for, null where there is none. At `confirmed`, like every read that informs a transaction. */
export async function readAccounts(rpc: Rpc, addresses: readonly string[]): Promise<(ReadAccount | null)[]> {
  const answers: unknown[] = []
  for (const { method, params } of accountsCall(addresses)) answers.push(await rpc.call(method, params))
  return accountsIn(answers)
}

/** The calls that read these accounts, for a batch; none for no accounts. */
export const accountsCall = (addresses: readonly string[]): Call[] =>
  Array.from({ length: Math.ceil(addresses.length / mostAccounts) }, (_, index) => ({
    method: 'getMultipleAccounts',
    params: [
      addresses.slice(index * mostAccounts, (index + 1) * mostAccounts),
      { encoding: 'base64', commitment: 'confirmed' },
    ],
  }))

/** What the answers to `accountsCall` hold, in the order asked for. */
export const accountsIn = (answers: readonly unknown[]): (ReadAccount | null)[] =>
  // The shape that the method's documentation promises for this encoding.
  answers.flatMap((answer) => (answer as WireAnswer).value.map((account) => account && fromWire(account)))

const fromWire = ({ owner, executable, lamports, data }: WireAccount): ReadAccount => ({
  owner,
  executable,
  lamports: wholeNumber(lamports, 'lamports'),
  data: Buffer.from(data[0], 'base64'),
})

/** A whole number of JSON, which is a bigint beyond 2^53; Failure CHAIN_ERROR for anything else, and for what is no u64. */
export function wholeNumber(value: unknown, what: string): bigint {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
  if (isWhole && value >= 0 && value <= largestU64) return BigInt(value)
  throw new Failure('CHAIN_ERROR', `expected ${what} as a whole number of 64 bits, got ${shown(value)}`)
}

const largestU64 = 2n ** 64n - 1n
const shown = (value: unknown): string => (typeof value === 'object' ? 'no number' : String(value).slice(0, 40))
