import { type Effect, type Network, nativeAsset, tokenAsset } from '@waiaas/contract'
import { checksummed } from '../address.ts'
import { approval } from '../read/erc20.ts'
import { PERMIT2 } from '../read/permits.ts'
import { NO_RECIPIENT } from '../transaction.ts'
import * as logs from './logs.ts'
import type { Question } from './questions.ts'
import type { Sight } from './way.ts'

/** How much has left of what a contract counts, where it says that there is so much less. */
export type LeftOf = (contract: string, less: bigint) => bigint
/** Whose things, and what was called. */
type Seen = Sight & { readonly network: Network; readonly me: string; readonly to: string; readonly leftOf: LeftOf }

/** What a call did to the things of an account, as far as the state of contracts bears it out. */
export function effectsSeen(seen: Seen): Effect[] {
  const { network, me, before, after } = seen
  const changes = seen.questions.map((question, at) => ({ question, was: before[at] ?? 0n, is: after[at] ?? 0n }))
  return [
    ...left(seen, logs.NATIVE, nativeLeft(seen)),
    ...changes.flatMap((change) => effectsOf(seen, change)),
    ...seen.logs.flatMap((log) => permitsIn(network, log, me)),
  ]
}

type Change = { readonly question: Question; readonly was: bigint; readonly is: bigint }

function effectsOf(seen: Seen, { question, was, is }: Change): Effect[] {
  const { network, me } = seen
  const contract = checksummed(question.to)
  const nft = (id: bigint, amount: bigint, to: string): Effect => ({
    ...{ kind: 'nft', contract, tokenId: String(id), amount: String(amount), to: checksummed(to) },
  })
  switch (question.about) {
    case 'balance':
      return left(seen, question.to, seen.leftOf(question.to, was - is))
    case 'allowance':
      return is > was ? [approval(network, { token: question.to, spender: question.who, amount: is })] : []
    case 'operator':
      return is > was ? [{ kind: 'operator', contract, operator: checksummed(question.who), isGranted: true }] : []
    case 'owner':
      return was === BigInt(me) && is !== was ? [nft(question.id, 1n, addressOf(is))] : []
    case 'approved':
      return is !== 0n && is !== was ? [nft(question.id, 1n, addressOf(is))] : []
    case 'items':
      return was > is ? [nft(question.id, was - is, question.who)] : []
  }
}

const addressOf = (number: bigint): string => `0x${number.toString(16).padStart(40, '0').slice(-40)}`

function nativeLeft({ logs: all, me }: Seen): bigint {
  const mine = logs.topicOf(me)
  return all
    .filter(({ address, topics }) => address === logs.NATIVE && topics[0] === logs.MOVED)
    .reduce((sum, { topics, data }) => {
      const amount = logs.wordAt(data, 0)
      return sum + (topics[1] === mine ? amount : 0n) - (topics[2] === mine ? amount : 0n)
    }, 0n)
}

/** So much of an asset is gone, to whoever its logs name, or else to whom the call was made. */
function left({ network, me, to, logs: all }: Seen, contract: string, amount: bigint): Effect[] {
  if (amount <= 0n) return []
  const asset = contract === logs.NATIVE ? nativeAsset(network) : tokenAsset(network, contract)
  const moved = all.filter(
    ({ address, topics }) => address === contract && topics[0] === logs.MOVED && topics[1] === logs.topicOf(me),
  )
  const receivers = new Set(moved.map(({ topics }) => checksummed(logs.addressIn(topics[2]))))
  const all_ = receivers.size > 0 ? [...receivers] : [to === NO_RECIPIENT ? 'a new contract' : checksummed(to)]
  return all_.map((one, at) => ({ kind: 'outflow', asset, amount: String(at === 0 ? amount : 0n), to: one }))
}

function permitsIn(network: Network, { address, topics, data }: logs.Log, me: string): Effect[] {
  const [kind, owner, token, spender] = topics
  const isGrant = kind === logs.PERMIT2_APPROVAL || kind === logs.PERMIT2_PERMIT
  if (!isGrant || address !== PERMIT2 || owner !== logs.topicOf(me)) return []
  const amount = logs.wordAt(data, 0)
  return [approval(network, { token: logs.addressIn(token), spender: logs.addressIn(spender), amount })]
}
