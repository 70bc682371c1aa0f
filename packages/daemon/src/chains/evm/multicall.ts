import type { Base } from '@waiaas/contract'
import type { Rpc, RpcError } from '../rpc.ts'
import { abiFunction, abiValues } from './abi.ts'
import { balanceOfData, balanceResult } from './erc20.ts'

// At this address on almost every chain.
const multicall3 = '0xcA11bde05977b3631167028862bE2a173976CA11'
const aggregate3 = abiFunction('aggregate3((address,bool,bytes)[])')
const results = abiValues('((bool,bytes)[])')
const callsMost = 200

export type Holder = { readonly owner: string; readonly block: string }

/** Token balances of one owner, in the order of the tokens; undefined where a contract gives no balance. */
export async function balancesOf(
  rpc: Rpc,
  { owner, block }: Holder,
  tokens: readonly string[],
): Promise<(Base | undefined)[]> {
  const data = balanceOfData(owner)
  const balances: (Base | undefined)[] = []
  for (let start = 0; start < tokens.length; start += callsMost) {
    const calls = tokens.slice(start, start + callsMost).map((to) => ({ to, data }))
    balances.push(...((await together(rpc, calls, block)) ?? (await oneByOne(rpc, calls, block))))
  }
  return balances
}

type Call = { readonly to: string; readonly data: string }

async function together(rpc: Rpc, calls: readonly Call[], block: string): Promise<(Base | undefined)[] | undefined> {
  if (calls.length < 3) return undefined
  const request = { to: multicall3, data: aggregate3.encode([calls.map(({ to, data }) => [to, true, data])]) }
  const [answer] = await rpc.batch([{ method: 'eth_call', params: [request, block] }])
  // A chain without the contract answers nothing, and a token may use up the gas of all.
  return answer && 'result' in answer ? decodeAggregate(answer.result, calls.length) : undefined
}

async function oneByOne(rpc: Rpc, calls: readonly Call[], block: string): Promise<(Base | undefined)[]> {
  const answers = await rpc.batch(calls.map((call) => ({ method: 'eth_call', params: [call, block] })))
  return answers.map((answer: { result: unknown } | { error: RpcError }) =>
    'result' in answer ? balanceResult(answer.result) : undefined,
  )
}

/** The number that each returned. Undefined as a whole when the answer has another shape. */
function decodeAggregate(result: unknown, count: number): (Base | undefined)[] | undefined {
  const found = typeof result === 'string' ? results.decode(result.toLowerCase())?.[0] : undefined
  // The type says that it is a list of pairs.
  const answers = found as readonly (readonly [boolean, string])[] | undefined
  if (answers?.length !== count) return undefined
  return answers.map(([succeeded, data]) => (succeeded ? balanceResult(data) : undefined))
}
