import { Failure, type Network, tokenAsset } from '@waiaas/contract'
import { OddAnswer } from '../answers.ts'
import type { Token } from '../intent.ts'
import type { Rpc } from '../rpc.ts'
import { Contradiction, ofTwo, wordsOfTwo } from '../two-endpoints.ts'
import { abiFunction, abiValues } from './abi.ts'
import { parseAddress } from './address.ts'
import { numberResult, selectors, textResult } from './erc20.ts'
import { revertOf } from './revert.ts'

/** Reads an ERC-20 token. Failure TOKEN_NOT_FOUND without a contract, TOKEN_UNSUPPORTED when it names no decimals. */
async function readToken(network: Network, rpc: Rpc, text: string): Promise<Token> {
  const address = parseAddress(text)
  const read = (data: string) => ({ method: 'eth_call', params: [{ to: address, data }, 'latest'] })
  const answers = await rpc.batch([
    { method: 'eth_getCode', params: [address, 'latest'] },
    read(selectors.symbol),
    read(selectors.name),
    read(selectors.decimals),
  ])
  const [code, symbol, name, decimals] = answers.map((answer) => ('result' in answer ? answer.result : undefined))
  const failedCode = answers[0]
  if (failedCode && 'error' in failedCode)
    throw new Failure('CHAIN_ERROR', `could not read the code of ${address}: ${failedCode.error.message}`)
  if (code === '0x' || code === '0x0')
    throw new Failure('TOKEN_NOT_FOUND', `there is no contract at ${address} on ${network.id}`)
  if (typeof code !== 'string') throw new OddAnswer(`the code of ${address}`, code)
  const failed = answers[3] && 'error' in answers[3] ? answers[3].error : undefined
  // A contract without the function reverts; any other error is the node's.
  if (failed && !revertOf(failed)) throw failed
  const places = numberResult(decimals)
  if (places === undefined || places > 255n)
    throw new Failure('TOKEN_UNSUPPORTED', `the contract at ${address} is not an ERC-20 token: it names no decimals`)
  const short = textResult(symbol) ?? `${address.slice(0, 8)}…`
  return {
    address,
    asset: tokenAsset(network, address),
    symbol: short,
    name: textResult(name) ?? short,
    decimals: Number(places),
  }
}

/** Read from two endpoints where two are configured: who names other decimals moves every limit. */
export async function agreedToken(network: Network, singles: readonly Rpc[], text: string): Promise<Token> {
  const [token, other = token] = await ofTwo(singles, (rpc) => readToken(network, rpc, text))
  if (token.decimals === other.decimals) return token
  throw new Contradiction(
    `the endpoints of ${network.id} do not agree on ${token.address}: one says ${token.decimals} decimals, another ${other.decimals}. Check the endpoints, and ask again`,
  )
}

const latestRoundData = abiFunction('latestRoundData()').selector
const roundOf = abiValues('(uint80,int256,uint256,uint256,uint80)')

type FeedRound = { answer: bigint; decimals: number; updatedAt: number }
/** `witnesses` endpoints told it; `isAlone`: another one is configured, and none bears it out. */
type FeedWord = FeedRound & { witnesses: number; isAlone: boolean }

/** The latest answer of a Chainlink aggregator; `updatedAt` is unix seconds. Failure CHAIN_ERROR for answers that nobody may rely on. */
async function readRound(rpc: Rpc, address: string): Promise<FeedRound> {
  const read = (data: string) => ({ method: 'eth_call', params: [{ to: address, data }, 'latest'] })
  const [round, places] = await rpc.batch([read(latestRoundData), read(selectors.decimals)])
  const refuse = (why: string) => new Failure('CHAIN_ERROR', `the price feed at ${address} ${why}`)
  const decimals = places && 'result' in places ? numberResult(places.result) : undefined
  const told = round && 'result' in round && typeof round.result === 'string' ? round.result.toLowerCase() : ''
  // The type says that all are numbers.
  const numbers = roundOf.decode(told) as readonly [bigint, bigint, bigint, bigint, bigint] | undefined
  if (!numbers) throw refuse('gave no round')
  if (decimals === undefined || decimals > 38n) throw refuse('gave no decimals')
  const [roundId, answer, , updatedAt, answeredIn] = numbers
  if (answer <= 0n) throw refuse(`answered ${answer}; expected a price above zero`)
  if (updatedAt === 0n || answeredIn < roundId) throw refuse('has a round that is not complete')
  if (updatedAt > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse('names a time that cannot be')
  return { answer, decimals: Number(decimals), updatedAt: Number(updatedAt) }
}

/** Two endpoints may be a round apart, and a round differs by little from the one before. */
const APART_MOST = { part: 2n, whole: 100n }

/**
 * The latest answer of a Chainlink aggregator, from two endpoints where two are configured. Of two rounds the higher price
 * counts, and the older time: both are worse for who spends. Failure CHAIN_ERROR where they do not agree, or none answers.
 */
export async function readFeed(singles: readonly Rpc[], address: string): Promise<FeedWord> {
  const { said, alone } = await wordsOfTwo(singles, (rpc) => readRound(rpc, address))
  const [one, other = one] = said
  const [low, high] = one.answer < other.answer ? [one.answer, other.answer] : [other.answer, one.answer]
  const isSameRound = one.updatedAt === other.updatedAt
  const isClose = isSameRound ? low === high : (high - low) * APART_MOST.whole <= low * APART_MOST.part
  if (one.decimals !== other.decimals || !isClose)
    throw new Contradiction(
      `the endpoints do not agree on the price feed at ${address}. Check them, or name a fixed price`,
    )
  const updatedAt = Math.min(one.updatedAt, other.updatedAt)
  return { answer: high, decimals: one.decimals, updatedAt, witnesses: said.length, isAlone: alone !== undefined }
}
