import { abiFunction, abiValues } from '../abi.ts'
import { functions } from '../erc20.ts'
import { NO_RECIPIENT } from '../transaction.ts'
import * as logs from './logs.ts'

const allowance = abiFunction('allowance(address,address)')
const isApprovedForAll = abiFunction('isApprovedForAll(address,address)')
const isOperatorFor = abiFunction('isOperatorFor(address,address)')
const ownerOf = abiFunction('ownerOf(uint256)')
const getApproved = abiFunction('getApproved(uint256)')
const balanceOfId = abiFunction('balanceOf(address,uint256)')
const idsAndAmounts = abiValues('(uint256[],uint256[])')

/** A number that a contract names: how much there is of something, or an address. */
export type Question = { readonly from: string; readonly to: string; readonly data: string } & (
  | { readonly about: 'balance' }
  | { readonly about: 'allowance' | 'operator'; readonly who: string }
  | { readonly about: 'owner' | 'approved'; readonly id: bigint }
  | { readonly about: 'items'; readonly id: bigint; readonly who: string }
)

/** A call that reaches more contracts, or does more with them, is not understood. */
const MOST_CONTRACTS = 48
const MOST_QUESTIONS = 192
/** Accounts that it reaches, whether or not they say so. */
export const MOST_TOUCHED = 96
/** Of a longer list the others are looked at where a log names them. */
const MOST_WATCHED = 64

export const toCall = ({ from, to, data }: Question) => ({ from, to, data })

/** The contracts that a call reached and that said something of it, the called one first. */
export const contractsIn = (to: string, all: readonly logs.Log[]): string[] =>
  [...new Set([to, ...all.map(({ address }) => address)])].filter((one) => one !== logs.NATIVE && one !== NO_RECIPIENT)

/** By contract, how much of what is counted there has left an account by its logs, less what has come. */
export function loggedOut(all: readonly logs.Log[], me: string): (contract: string) => bigint {
  const mine = logs.topicOf(me)
  const sums = new Map<string, bigint>()
  for (const { address, topics, data } of all) {
    if (topics[0] !== logs.MOVED || topics.length < 3) continue
    // Of an NFT its number is the fourth topic, and it is one.
    const amount = topics.length === 4 ? 1n : logs.wordAt(data, 0)
    const change = (topics[1] === mine ? amount : 0n) - (topics[2] === mine ? amount : 0n)
    sums.set(address, (sums.get(address) ?? 0n) + change)
  }
  return (contract) => sums.get(contract) ?? 0n
}

type Reached = {
  readonly me: string
  readonly contracts: readonly string[]
  /** Asked whether or not they were reached. */
  readonly tokens: readonly string[]
  /** Accounts that were reached and may have said nothing of it. */
  readonly touched?: readonly string[]
  readonly all: readonly logs.Log[]
}

/** What is read before and after: logs say where to look, and the contract's state what is so. Undefined: too much. */
export function questions({ me, contracts, tokens, touched = [], all }: Reached): readonly Question[] | undefined {
  const data = functions.balanceOf.encode([me])
  const balances = new Set([...contracts, ...tokens.slice(0, MOST_WATCHED), ...touched.filter((one) => one !== me)])
  const found = [
    ...[...balances].map((to): Question => ({ about: 'balance', from: me, to, data })),
    ...all.flatMap((log) => asked(me, log)),
  ]
  const each = [...new Map(found.map((one) => [`${one.to} ${one.data}`, one])).values()]
  const isTooMuch = contracts.length > MOST_CONTRACTS || touched.length > MOST_TOUCHED || each.length > MOST_QUESTIONS
  return isTooMuch ? undefined : each
}

/** What a log of the wallet's things makes one ask. */
function asked(me: string, { address: to, topics, data }: logs.Log): Question[] {
  const [kind, first, second, third] = topics
  const mine = logs.topicOf(me)
  const base = { from: me, to }
  if (first === mine && topics.length === 3) {
    const who = logs.addressIn(second)
    if (kind === logs.APPROVAL) return [{ ...base, about: 'allowance', who, data: allowance.encode([me, who]) }]
    if (kind === logs.APPROVAL_FOR_ALL)
      return [{ ...base, about: 'operator', who, data: isApprovedForAll.encode([me, who]) }]
  }
  if (kind === logs.OPERATOR && second === mine) {
    const who = logs.addressIn(first)
    return [{ ...base, about: 'operator', who, data: isOperatorFor.encode([who, me]) }]
  }
  if (first === mine && topics.length === 4) {
    const id = BigInt(third!)
    if (kind === logs.MOVED) return [{ ...base, about: 'owner', id, data: ownerOf.encode([id]) }]
    if (kind === logs.APPROVAL) return [{ ...base, about: 'approved', id, data: getApproved.encode([id]) }]
  }
  if (second !== mine || topics.length !== 4) return []
  const who = logs.addressIn(third)
  return itemsIn({ topics, data }).map(([id]) => ({
    ...base,
    about: 'items',
    id,
    who,
    data: balanceOfId.encode([me, id]),
  }))
}

/** What an ERC-1155 contract says has moved: numbers, and how many of each. */
export function itemsIn({ topics, data }: Pick<logs.Log, 'topics' | 'data'>): [id: bigint, amount: bigint][] {
  if (topics[0] === logs.MOVED_SINGLE) return [[logs.wordAt(data, 0), logs.wordAt(data, 1)]]
  if (topics[0] !== logs.MOVED_BATCH) return []
  // As the types of the values say.
  const [ids = [], amounts = []] = (idsAndAmounts.decode(data) ?? []) as readonly (readonly bigint[])[]
  return ids.map((id, at) => [id, amounts[at] ?? 0n])
}

/** Whether all of these were asked. */
export const isKnown = (all: readonly Question[], asked: readonly Question[]): boolean =>
  all.every(({ to, data }) => asked.some((one) => one.to === to && one.data === data))
