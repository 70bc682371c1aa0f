import { beyond, type Effect, type Network, nativeAsset, tokenAsset } from '@waiaas/contract'
import { fieldsOf, OddAnswer } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { abiFunction } from '../abi.ts'
import { checksummed } from '../address.ts'
import { functions, numberResult } from '../erc20.ts'
import type { Call } from '../gas.ts'
import { quantity, readQuantity } from '../hex.ts'
import { approval } from '../read/erc20.ts'
import { PERMIT2 } from '../read/permits.ts'
import { NO_RECIPIENT } from '../transaction.ts'
import * as logs from './logs.ts'

/** What a call does to its sender, as two endpoints see it where two are configured; undefined: they cannot tell all of it. */
export type Simulate = (call: Call) => Promise<readonly Effect[] | undefined>

/** Whose balances are compared; a call that reaches more contracts is not understood. */
const MOST_CONTRACTS = 48
const allowance = abiFunction('allowance(address,address)')
const isApprovedForAll = abiFunction('isApprovedForAll(address,address)')

/** What any of them sees counts; what one of them cannot tell, nobody has seen. */
export const simulator =
  (network: Network, singles: readonly Rpc[]): Simulate =>
  async (call) => {
    try {
      const seen = await Promise.all(singles.slice(0, 2).map((rpc) => seenBy(network, rpc, call)))
      const [first, second] = seen
      if (!first || seen.includes(undefined)) return undefined
      return second ? [...first, ...beyond(first, second, nativeAsset(network))] : first
    } catch {
      // Whatever keeps a node from telling: what it does is unknown then, and a human decides.
      return undefined
    }
  }

type Run = { readonly succeeded: boolean; readonly result: unknown; readonly logs: readonly logs.Log[] }

/** Runs calls one after the other on top of the newest block. */
async function run(rpc: Rpc, calls: readonly object[]): Promise<Run[]> {
  const answer = await rpc.call<unknown>('eth_simulateV1', [
    { blockStateCalls: [{ calls }], traceTransfers: true, validation: false },
    'latest',
  ])
  const found = fieldsOf(Array.isArray(answer) ? answer[0] : undefined, 'a simulated block')
  if (!Array.isArray(found.calls) || found.calls.length !== calls.length)
    throw new OddAnswer('simulated calls', found.calls)
  return found.calls.map((one) => {
    const { status, returnData, logs: told } = fieldsOf(one, 'a simulated call')
    return { succeeded: readQuantity(status) === 1n, result: returnData, logs: logs.readLogs(told ?? []) }
  })
}

async function seenBy(network: Network, rpc: Rpc, call: Call): Promise<Effect[] | undefined> {
  const { from, to, value, data } = call
  const me = from.toLowerCase()
  const tx = { from: me, ...(to !== NO_RECIPIENT && { to }), value: quantity(value), data }
  const [first] = await run(rpc, [tx])
  if (!first?.succeeded) return undefined
  const contracts = contractsIn(to, first.logs)
  if (contracts.length > MOST_CONTRACTS) return undefined
  const asked = questions(me, contracts, first.logs)
  const again = await run(rpc, [...asked.map(toCall), tx, ...asked.map(toCall)])
  const done = again[asked.length]!
  // A block may have come between: nobody was asked about what happens only now.
  const isKnown = questions(me, contractsIn(to, done.logs), done.logs).every(isIn(asked))
  if (!done.succeeded || !isKnown) return undefined
  const before = again.slice(0, asked.length).map(numberOf)
  const after = again.slice(asked.length + 1).map(numberOf)
  return effectsSeen({ network, me, to, logs: done.logs, questions: asked, before, after })
}

const contractsIn = (to: string, all: readonly logs.Log[]): string[] =>
  [...new Set([to, ...all.map(({ address }) => address)])].filter((one) => one !== NATIVE && one !== NO_RECIPIENT)

const isIn = (list: readonly Question[]) => (one: Question) =>
  list.some(({ to, data }) => to === one.to && data === one.data)

export const toCall = ({ from, to, data }: Question) => ({ from, to, data })

const numberOf = ({ succeeded, result }: Run): bigint | undefined => (succeeded ? numberResult(result) : undefined)

export type Question = { readonly from: string; readonly to: string; readonly data: string } & (
  | { readonly about: 'balance' }
  | { readonly about: 'allowance' | 'operator'; readonly who: string }
)

/** What is read before and after: logs say where to look, and the contract's state what is so. */
export function questions(me: string, contracts: readonly string[], all: readonly logs.Log[]): Question[] {
  const own = all.filter(({ topics }) => topics[1] === logs.topicOf(me) && topics.length === 3)
  const named = (topic: string) =>
    own
      .filter(({ topics }) => topics[0] === topic)
      .map(({ address, topics }) => ({ to: address, who: logs.addressIn(topics[2]) }))
  return [
    ...contracts.map((to) => ({ about: 'balance' as const, from: me, to, data: functions.balanceOf.encode([me]) })),
    ...named(logs.APPROVAL).map((one) => ({
      ...{ ...one, about: 'allowance' as const, from: me, data: allowance.encode([me, one.who]) },
    })),
    ...named(logs.APPROVAL_FOR_ALL).map((one) => ({
      ...{ ...one, about: 'operator' as const, from: me, data: isApprovedForAll.encode([me, one.who]) },
    })),
  ]
}

type Seen = {
  readonly network: Network
  readonly me: string
  readonly to: string
  readonly logs: readonly logs.Log[]
  readonly questions: readonly Question[]
  readonly before: readonly (bigint | undefined)[]
  readonly after: readonly (bigint | undefined)[]
}

/** Where nodes put what native currency does, as if it were a token. */
const NATIVE = `0x${'ee'.repeat(20)}`

export function effectsSeen(seen: Seen): Effect[] {
  const { network, me, questions, before, after } = seen
  const changes = questions.map((question, at) => ({ question, was: before[at] ?? 0n, is: after[at] ?? 0n }))
  return [
    ...left(seen, NATIVE, nativeLeft(seen)),
    ...changes.flatMap(({ question, was, is }): Effect[] => {
      const { about, to: contract } = question
      if (about === 'balance') return left(seen, contract, was - is)
      if (is <= was) return []
      if (about === 'allowance') return [approval(network, { token: contract, spender: question.who, amount: is })]
      return [
        { kind: 'operator', contract: checksummed(contract), operator: checksummed(question.who), isGranted: true },
      ]
    }),
    ...seen.logs.flatMap((log) => [...nftsIn(log, me), ...permitsIn(network, log, me)]),
  ]
}

/** Node-made logs: no contract has that address. */
function nativeLeft({ logs: all, me }: Seen): bigint {
  const mine = logs.topicOf(me)
  return all
    .filter(({ address, topics }) => address === NATIVE && topics[0] === logs.MOVED)
    .reduce((sum, { topics, data }) => {
      const amount = logs.wordAt(data, 0)
      return sum + (topics[1] === mine ? amount : 0n) - (topics[2] === mine ? amount : 0n)
    }, 0n)
}

/** So much of an asset is gone, to whoever its logs name, or else to whom the call was made. */
function left({ network, me, to, logs: all }: Seen, contract: string, amount: bigint): Effect[] {
  if (amount <= 0n) return []
  const asset = contract === NATIVE ? nativeAsset(network) : tokenAsset(network, contract)
  const moved = all.filter(
    ({ address, topics }) => address === contract && topics[0] === logs.MOVED && topics[1] === logs.topicOf(me),
  )
  const receivers = new Set(moved.map(({ topics }) => checksummed(logs.addressIn(topics[2]))))
  const all_ = receivers.size > 0 ? [...receivers] : [to === NO_RECIPIENT ? 'a new contract' : checksummed(to)]
  return all_.map((one, at) => ({ kind: 'outflow', asset, amount: String(at === 0 ? amount : 0n), to: one }))
}

/** NFTs are numbered things: a balance says how many are gone, and only logs say which. */
function nftsIn({ address, topics, data }: logs.Log, me: string): Effect[] {
  const [kind, first, second, third] = topics
  const mine = logs.topicOf(me)
  const contract = checksummed(address)
  const gone = (to: string | undefined, tokenId: bigint, amount: bigint): Effect => ({
    ...{ kind: 'nft', contract, tokenId: String(tokenId), amount: String(amount), to: checksummed(logs.addressIn(to)) },
  })
  if (kind === logs.MOVED && topics.length === 4 && first === mine) return [gone(second, BigInt(third!), 1n)]
  if (kind === logs.APPROVAL && topics.length === 4 && first === mine && BigInt(second!) > 0n)
    return [gone(second, BigInt(third!), 1n)]
  if (kind === logs.MOVED_SINGLE && second === mine) return [gone(third, logs.wordAt(data, 0), logs.wordAt(data, 1))]
  // Which of many is in a list within; that some leave is enough for a human.
  if (kind === logs.MOVED_BATCH && second === mine) return [gone(third, 0n, 1n)]
  return []
}

function permitsIn(network: Network, { address, topics, data }: logs.Log, me: string): Effect[] {
  const [kind, owner, token, spender] = topics
  const isGrant = kind === logs.PERMIT2_APPROVAL || kind === logs.PERMIT2_PERMIT
  if (!isGrant || address !== PERMIT2 || owner !== logs.topicOf(me)) return []
  const amount = logs.wordAt(data, 0)
  return [approval(network, { token: logs.addressIn(token), spender: logs.addressIn(spender), amount })]
}
