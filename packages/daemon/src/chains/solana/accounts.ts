import { Failure } from '@waiaas/contract'
import { fieldsOf, listOf, OddAnswer } from '../answers.ts'
import type { Rpc } from '../rpc.ts'

/** An account as the daemon reads it from a node. */
export type ReadAccount = {
  readonly owner: string
  readonly executable: boolean
  readonly data: Uint8Array
}

type Call = { readonly method: string; readonly params: readonly unknown[] }
const mostAccounts = 100
/** Of this slot or a later one. */
export type Since = { readonly minContextSlot?: number }

/** Accounts in the order asked for, null where there is none. At `confirmed`, like every read that informs a transaction. */
export async function readAccounts(rpc: Rpc, addresses: readonly string[]): Promise<(ReadAccount | null)[]> {
  const answers: unknown[] = []
  for (const { method, params } of accountsCall(addresses)) answers.push(await rpc.call(method, params))
  return accountsIn(answers, addresses.length)
}

/** Failure TOKEN_NOT_FOUND when there is no account at the address. */
export async function readMintAccount(rpc: Rpc, mint: string): Promise<ReadAccount> {
  const [account] = await readAccounts(rpc, [mint])
  if (!account) throw new Failure('TOKEN_NOT_FOUND', `there is no account at ${mint}, so no token either`)
  return account
}

/** The calls that read these accounts, for a batch; none for no accounts. A node that has not come to `since` is behind. */
export const accountsCall = (addresses: readonly string[], since?: Since): Call[] =>
  Array.from({ length: Math.ceil(addresses.length / mostAccounts) }, (_, index) => ({
    method: 'getMultipleAccounts',
    params: [
      addresses.slice(index * mostAccounts, (index + 1) * mostAccounts),
      { encoding: 'base64', commitment: 'confirmed', ...since },
    ],
  }))

/** The call that reads what no fork can undo, of a hundred accounts at most. */
export const finalAccountsCall = (addresses: readonly string[]): Call => ({
  method: 'getMultipleAccounts',
  params: [addresses, { encoding: 'base64', commitment: 'finalized' }],
})

/** What the answers to `accountsCall` hold, in the order asked for. */
export function accountsIn(answers: readonly unknown[], count: number): (ReadAccount | null)[] {
  const values = answers.flatMap((answer) => listOf(contentOf(answer), 'a list of accounts'))
  if (values.length !== count) throw new OddAnswer(`${count} accounts`, values.length)
  return values.map((value) => (value === null ? null : readAccount(value)))
}

/** What an answer says beside the slot that it is of. */
export const contentOf = (answer: unknown): unknown => fieldsOf(answer, 'an answer with a value').value

/** An account as a node tells it, without its lamports. */
export function readAccount(value: unknown): ReadAccount {
  const { owner, executable, data } = fieldsOf(value, 'an account')
  if (typeof owner !== 'string' || typeof executable !== 'boolean')
    throw new OddAnswer('an account with its owner', value)
  return { owner, executable, data: bytesOf(data) }
}

/** Account data as base64 beside the name of that encoding. */
export function bytesOf(data: unknown): Buffer {
  const text = Array.isArray(data) ? data[0] : undefined
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new OddAnswer('account data in base64', data)
  return Buffer.from(text, 'base64')
}
