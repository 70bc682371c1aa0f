import { type Effect, type Network, tokenAsset } from '@waiaas/contract'
import { fieldsOf } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { numberResult } from '../erc20.ts'
import { quantity, readQuantity } from '../hex.ts'
import * as logs from './logs.ts'
import { effectsSeen, type Question, questions, toCall } from './simulate.ts'

export type Landing = { readonly hash: string; readonly sender: string }

/**
 * What bytes in a block did to the tokens of their sender. Logs say where to look, and count as far as balances and allowances
 * before and after that block bear them out. Undefined where no node remembers those.
 */
export const landings =
  (network: Network, rpc: Rpc) =>
  async ({ hash, sender }: Landing): Promise<readonly Effect[] | undefined> => {
    const receipt = fieldsOf(await rpc.call('eth_getTransactionReceipt', [hash]), 'a receipt')
    const height = readQuantity(receipt.blockNumber)
    const all = logs.readLogs(receipt.logs)
    const me = sender.toLowerCase()
    const asked = questions(me, [...outgoing(all, me).keys()], all)
    const [before, after] = await Promise.all([
      answers(rpc, asked, quantity(height - 1n)),
      answers(rpc, asked, quantity(height)),
    ])
    const isForgotten = asked.length > 0 && before.every((one) => one === undefined)
    if (isForgotten) return undefined
    const to = typeof receipt.to === 'string' ? receipt.to.toLowerCase() : '0x'
    const seen = effectsSeen({ network, me, to, logs: all, questions: asked, before, after })
    return seen.flatMap((effect) => bounded(network, effect, outgoing(all, me)))
  }

async function answers(rpc: Rpc, asked: readonly Question[], block: string): Promise<(bigint | undefined)[]> {
  const calls = asked.map((question) => ({ method: 'eth_call', params: [toCall(question), block] }))
  const found = calls.length === 0 ? [] : await rpc.batch(calls)
  return found.map((answer) => ('result' in answer ? numberResult(answer.result) : undefined))
}

/** By contract, how much its logs say has left, less what has come. */
function outgoing(all: readonly logs.Log[], me: string): Map<string, bigint> {
  const mine = logs.topicOf(me)
  const sums = new Map<string, bigint>()
  for (const { address, topics, data } of all) {
    if (topics[0] !== logs.MOVED || topics.length < 3) continue
    // Of an NFT its number is the fourth topic, and it is one.
    const amount = topics.length === 4 ? 1n : logs.wordAt(data, 0)
    const change = (topics[1] === mine ? amount : 0n) - (topics[2] === mine ? amount : 0n)
    if (change !== 0n) sums.set(address, (sums.get(address) ?? 0n) + change)
  }
  return sums
}

/** The block may hold more of the sender's: of what left in it, as much as these logs say is this one's. */
function bounded(network: Network, effect: Effect, sums: ReadonlyMap<string, bigint>): Effect[] {
  // Which NFT it was only its log says; that one is gone, the balance does.
  if (effect.kind === 'nft') return []
  if (effect.kind !== 'outflow') return [effect]
  const [, most = 0n] = [...sums].find(([address]) => tokenAsset(network, address) === effect.asset) ?? []
  if (most <= 0n) return []
  return [BigInt(effect.amount) > most ? { ...effect, amount: String(most) } : effect]
}
