import { type Effect, type Network, tokenAsset } from '@waiaas/contract'
import { fieldsOf } from '../../answers.ts'
import type { Landing } from '../../follow.ts'
import { landingsOfTwo } from '../../landings.ts'
import type { Rpc } from '../../rpc.ts'
import { checksummed } from '../address.ts'
import { numberResult } from '../erc20.ts'
import { quantity, readQuantity } from '../hex.ts'
import { revertOf } from '../revert.ts'
import * as logs from './logs.ts'
import { itemsIn, type Question, questions, toCall } from './questions.ts'
import { effectsSeen } from './seen.ts'

/** What bytes in a block did to the things of their sender. */
export const landings = (network: Network, singles: readonly Rpc[]) =>
  landingsOfTwo(network, singles, (rpc, landing) => landedOn(network, rpc, landing))

/** Logs say where to look, and count as far as the state of contracts before and after that block bears them out. */
async function landedOn(network: Network, rpc: Rpc, { hash, sender }: Landing): Promise<Effect[] | undefined> {
  const receipt = fieldsOf(await rpc.call('eth_getTransactionReceipt', [hash]), 'a receipt')
  const height = readQuantity(receipt.blockNumber)
  const all = logs.readLogs(receipt.logs)
  const me = sender.toLowerCase()
  const sums = outgoing(network, all, me)
  const reached = [...new Set(all.filter((log) => isMove(log, me)).map(({ address }) => address))]
  const asked = questions(me, reached, all)
  if (!asked) return undefined
  const [before, after] = await Promise.all([
    answers(rpc, asked, quantity(height - 1n)),
    answers(rpc, asked, quantity(height)),
  ])
  const to = typeof receipt.to === 'string' ? receipt.to.toLowerCase() : '0x'
  const seen = effectsSeen({ network, me, to, logs: all, questions: asked, before, after })
  return seen.flatMap((effect) => bounded(effect, sums))
}

async function answers(rpc: Rpc, asked: readonly Question[], block: string): Promise<(bigint | undefined)[]> {
  const calls = asked.map((question) => ({ method: 'eth_call', params: [toCall(question), block] }))
  const found = calls.length === 0 ? [] : await rpc.batch(calls)
  return found.map((answer) => {
    if ('result' in answer) return numberResult(answer.result)
    // A contract that refuses, or was not there yet, says nothing; any other error is the node's.
    if (revertOf(answer.error)) return undefined
    throw answer.error
  })
}

const isMove = ({ topics }: logs.Log, me: string): boolean =>
  topics[0] === logs.MOVED && topics.length >= 3 && [topics[1], topics[2]].includes(logs.topicOf(me))

const itemKey = (contract: string, id: bigint | string): string => `${checksummed(contract)} ${id}`

/** By asset, and by contract and number, how much logs say has left, less what has come. */
function outgoing(network: Network, all: readonly logs.Log[], me: string): Map<string, bigint> {
  const mine = logs.topicOf(me)
  const sums = new Map<string, bigint>()
  const count = (key: string, amount: bigint) => sums.set(key, (sums.get(key) ?? 0n) + amount)
  for (const { address, topics, data } of all) {
    if (topics[0] === logs.MOVED && topics.length >= 3) {
      // Of an NFT its number is the fourth topic, and it is one.
      const amount = topics.length === 4 ? 1n : logs.wordAt(data, 0)
      const change = (topics[1] === mine ? amount : 0n) - (topics[2] === mine ? amount : 0n)
      count(tokenAsset(network, address), change)
      if (topics.length === 4) count(itemKey(address, BigInt(topics[3]!)), change)
    }
    for (const [id, amount] of itemsIn({ topics, data })) {
      count(itemKey(address, id), (topics[2] === mine ? amount : 0n) - (topics[3] === mine ? amount : 0n))
    }
  }
  return sums
}

/** The block may hold more of the sender's: of what left in it, as much as these logs say is this one's. */
function bounded(effect: Effect, sums: ReadonlyMap<string, bigint>): Effect[] {
  if (effect.kind !== 'outflow' && effect.kind !== 'nft') return [effect]
  const most = sums.get(effect.kind === 'nft' ? itemKey(effect.contract, effect.tokenId) : effect.asset)
  // That one may be taken is no move.
  if (most === undefined && effect.kind === 'nft') return [effect]
  if (most === undefined || most <= 0n) return []
  return [BigInt(effect.amount) > most ? { ...effect, amount: String(most) } : effect]
}
