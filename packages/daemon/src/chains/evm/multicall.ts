import type { Rpc, RpcError } from '../rpc.ts'
import { balanceOfData, numberResult, word } from './erc20.ts'
import { fromHex, isHex, toBigInt, toHex } from './hex.ts'

// At this address on almost every chain.
const multicall3 = '0xcA11bde05977b3631167028862bE2a173976CA11'
const aggregate3 = '0x82ad56cb'
const callsMost = 200

/** Token balances of one owner, in the order of the tokens; undefined where a contract gives no balance. */
export async function balancesOf(rpc: Rpc, owner: string, tokens: readonly string[]): Promise<(bigint | undefined)[]> {
  const data = balanceOfData(owner)
  const balances: (bigint | undefined)[] = []
  for (let start = 0; start < tokens.length; start += callsMost) {
    const part = tokens.slice(start, start + callsMost)
    balances.push(...((await together(rpc, part, data)) ?? (await oneByOne(rpc, part, data))))
  }
  return balances
}

async function together(
  rpc: Rpc,
  targets: readonly string[],
  data: string,
): Promise<(bigint | undefined)[] | undefined> {
  if (targets.length < 3) return undefined
  const request = { to: multicall3, data: encodeAggregate(targets, data) }
  const [answer] = await rpc.batch([{ method: 'eth_call', params: [request, 'latest'] }])
  // A chain without the contract answers nothing, and a token may use up the gas of all.
  return answer && 'result' in answer ? decodeAggregate(answer.result, targets.length) : undefined
}

async function oneByOne(rpc: Rpc, targets: readonly string[], data: string): Promise<(bigint | undefined)[]> {
  const answers = await rpc.batch(targets.map((to) => ({ method: 'eth_call', params: [{ to, data }, 'latest'] })))
  return answers.map((answer: { result: unknown } | { error: RpcError }) =>
    'result' in answer ? numberResult(answer.result) : undefined,
  )
}

/** aggregate3((address target, bool allowFailure, bytes callData)[]), the same call of each target. */
function encodeAggregate(targets: readonly string[], data: string): string {
  const content = data.slice(2)
  const padded = content.padEnd(Math.ceil(content.length / 64) * 64, '0')
  const elements = targets.map(
    (to) => word(BigInt(to)) + word(1n) + word(96n) + word(BigInt(content.length / 2)) + padded,
  )
  const size = BigInt(elements[0]!.length / 2)
  const heads = elements.map((_, index) => word(BigInt(targets.length) * 32n + BigInt(index) * size))
  return `${aggregate3}${word(32n)}${word(BigInt(targets.length))}${heads.join('')}${elements.join('')}`
}

/** (bool success, bytes returnData)[]: the number that each returned. Undefined as a whole when the answer has another shape. */
function decodeAggregate(result: unknown, count: number): (bigint | undefined)[] | undefined {
  if (typeof result !== 'string' || result.length < 130 || !isHex(result)) return undefined
  const bytes = fromHex(result)
  const at = (offset: number) => {
    const value = toBigInt(bytes.subarray(offset, offset + 32))
    return value > BigInt(bytes.length) ? bytes.length : Number(value)
  }
  const list = at(0)
  if (at(list) !== count) return undefined
  return Array.from({ length: count }, (_, index) => {
    const element = list + 32 + at(list + 32 + 32 * index)
    const data = element + at(element + 32)
    if (at(element) !== 1 || at(data) !== 32) return undefined
    return numberResult(toHex(bytes.subarray(data + 32, data + 64)))
  })
}
