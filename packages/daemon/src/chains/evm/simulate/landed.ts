import { beyond, type Effect, type Network, nativeAsset, tokenAsset } from '@waiaas/contract'
import { fieldsOf } from '../../answers.ts'
import type { Landing } from '../../follow.ts'
import { landingsOfTwo } from '../../landings.ts'
import type { Rpc } from '../../rpc.ts'
import { checksummed } from '../address.ts'
import { numberResult } from '../erc20.ts'
import { quantity, readQuantity } from '../hex.ts'
import { approval } from '../read/erc20.ts'
import { revertOf } from '../revert.ts'
import * as logs from './logs.ts'
import { itemsIn, loggedOut, type Question, questions, toCall } from './questions.ts'
import { effectsSeen, type LeftOf } from './seen.ts'
import { silentTokens } from './silent.ts'
import type { Watched } from './simulate.ts'
import type { Sight } from './way.ts'

/** What bytes in a block did to the things of their sender. */
export const landings = (network: Network, singles: readonly Rpc[], watched: Watched) =>
  landingsOfTwo(network, singles, (rpc, landing) => landedOn({ network, rpc, watched }, landing))

type Place = { readonly network: Network; readonly rpc: Rpc; readonly watched: Watched }
type Looking = { readonly rpc: Rpc; readonly tokens: readonly string[]; readonly silent: readonly string[] }
type Block = { readonly hash: unknown; readonly height: bigint }

/** Logs say where to look, and count as far as the state of contracts before and after that block bears them out. */
async function landedOn(place: Place, { hash, sender, plain, judged = [] }: Landing): Promise<Effect[] | undefined> {
  const { network, rpc } = place
  const receipt = fieldsOf(await rpc.call('eth_getTransactionReceipt', [hash]), 'a receipt')
  const block = { hash: receipt.blockHash, height: readQuantity(receipt.blockNumber) }
  const all = logs.readLogs(receipt.logs)
  const me = sender.toLowerCase()
  if (plain && !saysMore(network, { plain, all, me })) return []
  const tokens = await place.watched(sender)
  const items = outgoing(all, me)
  const reached = all.filter((log) => isMove(log, me)).map(({ address }) => address)
  const silent = await silentTokens(rpc, { hash, block, network, me, judged })
  const looked = { me, contracts: [...new Set(reached)], tokens, all }
  const asked = questions({ ...looked, touched: [...silent.keys()] }) ?? questions(looked)
  if (!asked) return undefined
  const [told, after] = await Promise.all([
    answers(rpc, asked, quantity(block.height - 1n)),
    answers(rpc, asked, quantity(block.height)),
  ])
  const before = asked.map((one, at) => (one.about === 'balance' ? (silent.get(one.to) ?? told[at]) : told[at]))
  const to = typeof receipt.to === 'string' ? receipt.to.toLowerCase() : '0x'
  const sight = { logs: all, questions: asked, before, after }
  const leftOf = await leftIn({ rpc, tokens, silent: [...silent.keys()] }, block, { ...sight, me })
  const seen = effectsSeen({ ...sight, ...growth(sight), network, me, to, leftOf })
  return seen.flatMap((effect) => bounded(effect, items))
}

/** What may be taken beyond what could be before: that was judged when it was allowed. */
const growth = ({ questions: asked, before, after }: Sight): Pick<Sight, 'before' | 'after'> => {
  const isGrant = (at: number) => asked[at]!.about === 'allowance'
  return {
    before: before.map((was, at) => (isGrant(at) ? 0n : was)),
    after: after.map((is, at) => (isGrant(at) ? atLeastNone((is ?? 0n) - (before[at] ?? 0n)) : is)),
  }
}

type Said = { readonly plain: readonly Effect[]; readonly all: readonly logs.Log[]; readonly me: string }

/** Whether logs say more of the sender's things than bytes do that a token alone carries out. */
function saysMore(network: Network, { plain, all, me }: Said): boolean {
  const [mine, out] = [logs.topicOf(me), loggedOut(all, me)]
  const said = all.map(({ address, topics, data }): Effect | undefined => {
    const [kind, first, second] = topics
    if (kind === logs.MOVED && topics.length === 3) {
      const amount = out(address)
      const asset = tokenAsset(network, address)
      return amount > 0n ? { kind: 'outflow', asset, amount: String(amount), to: logs.addressIn(second) } : undefined
    }
    if (kind === logs.APPROVAL && topics.length === 3 && first === mine)
      return approval(network, { token: address, spender: logs.addressIn(second), amount: logs.wordAt(data, 0) })
    return topics.includes(mine) ? { kind: 'unknown', description: 'a log of another kind' } : undefined
  })
  if (said.some((one) => one?.kind === 'unknown')) return true
  const effects = said.flatMap((one) => one ?? [])
  return beyond(plain, effects, nativeAsset(network)).some((one) => one.kind !== 'outflow' || one.amount !== '0')
}

type Sides = Pick<Sight, 'logs' | 'questions' | 'before' | 'after'> & { readonly me: string }

/**
 * Of what a contract counts in a block as much as these logs say is this one's. A token that is watched is believed where its
 * logs say more than its balances do. Of one that is watched, or may have been taken without a word, what no log of that block
 * explains counts as well, whichever of them it was.
 */
async function leftIn(
  { rpc, tokens, silent }: Looking,
  block: Block,
  { me, logs: all, ...sides }: Sides,
): Promise<LeftOf> {
  const logged = loggedOut(all, me)
  const lessOf = (at: number): bigint => (sides.before[at] ?? 0n) - (sides.after[at] ?? 0n)
  const looked = new Set([...tokens, ...silent])
  const unexplained = new Map<string, bigint>()
  for (const [at, { about, to }] of sides.questions.entries()) {
    if (about !== 'balance' || !looked.has(to) || lessOf(at) <= atLeastNone(logged(to))) continue
    const others = loggedOut(await logsOf(rpc, block, { token: to, me }), me)
    unexplained.set(to, atLeastNone(lessOf(at) - others(to)))
  }
  return (token, less) => {
    const own = atLeastNone(logged(token))
    const most = own + (unexplained.get(token) ?? 0n)
    return tokens.includes(token) ? most : atMost(less, most)
  }
}

const atMost = (amount: bigint, most: bigint): bigint => (amount < most ? amount : most)
const atLeastNone = (amount: bigint): bigint => (amount > 0n ? amount : 0n)

/** What a token says in a block of what an account gets and gives. */
async function logsOf(rpc: Rpc, { hash }: Block, { token, me }: { token: string; me: string }): Promise<logs.Log[]> {
  const mine = logs.topicOf(me)
  const from = [logs.MOVED, mine]
  const to = [logs.MOVED, null, mine]
  const asked = [from, to].map((topics) => ({
    method: 'eth_getLogs',
    params: [{ blockHash: hash, address: token, topics }],
  }))
  const [gives, gets] = (await rpc.batch(asked)).map((answer) => {
    if ('error' in answer) throw answer.error
    return logs.readLogs(answer.result)
  })
  // What it sends to itself is in both, and changes nothing.
  return [...gives!, ...gets!.filter(({ topics }) => topics[1] !== mine)]
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

/** By contract and number, how much of it logs say has left, less what has come. */
function outgoing(all: readonly logs.Log[], me: string): Map<string, bigint> {
  const mine = logs.topicOf(me)
  const sums = new Map<string, bigint>()
  const count = (key: string, amount: bigint) => sums.set(key, (sums.get(key) ?? 0n) + amount)
  for (const { address, topics, data } of all) {
    if (topics[0] === logs.MOVED && topics.length === 4)
      count(itemKey(address, BigInt(topics[3]!)), (topics[1] === mine ? 1n : 0n) - (topics[2] === mine ? 1n : 0n))
    for (const [id, amount] of itemsIn({ topics, data })) {
      count(itemKey(address, id), (topics[2] === mine ? amount : 0n) - (topics[3] === mine ? amount : 0n))
    }
  }
  return sums
}

/** The block may hold more of the sender's: of the NFTs that left in it, those that these logs say are this one's. */
function bounded(effect: Effect, items: ReadonlyMap<string, bigint>): Effect[] {
  if (effect.kind !== 'nft') return [effect]
  const most = items.get(itemKey(effect.contract, effect.tokenId))
  // That one may be taken is no move.
  if (most === undefined) return [effect]
  if (most <= 0n) return []
  return [BigInt(effect.amount) > most ? { ...effect, amount: String(most) } : effect]
}
